using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Engine.Views;

namespace Towpath.Tests.Server.Api;

/// <summary>What a canary's judge saw, for scripts and for people.</summary>
public sealed partial class AnalysisTests
{
    private const string Production = "/api/v1/projects/shop/environments/production";
    private const string Hostile = "<script>alert(1)</script>";

    private const string Pipeline = """
        jobs:
          build: { steps: [./build.sh] }
        package: .
        app: { command: ./Shop, health: /healthz }
        environments:
          production:
            listen: 8080
            rollout:
              canary: [5%, 50%]
              metrics:
                queue: { prometheus: "http://prometheus:9090", query: 'queue{release="{{release}}", note="<script>"}', fail: "> 100", failureLimit: 3 }
        """;

    [Fact]
    public async Task Verdict_is_explained_with_what_it_rests_on_also_when_the_deployment_is_over()
    {
        await using var server = await WithCanaryAsync(errors: 300);
        var view = await AnalysisAsync(server, 2);

        Assert.Equal((2, "rolled-back", "worse"), (view.Run, view.State, view.Verdict));
        Assert.Contains("of its requests with an error", view.Says, StringComparison.Ordinal);
        Assert.Equal(view.Says, view.Reason);
        Assert.Equal(view.Record.Measurements.Count, view.Judged.Count);
        var last = view.Judged[^1];
        Assert.Equal("take-back", last.Follows);
        var errors = last.Metrics.Single(metric => metric.Name == "errors");
        Assert.True(errors.Worse > 100);
        Assert.InRange(errors.Detectable!.Value, errors.BaselineRate!.Value, 0.3);
        Assert.False(last.Settled);
        Assert.Equal([10, 20], last.Edges.Select(edge => edge.Edge));
        Assert.Equal("queue{release=\"d2\", note=\"<script>\"}", ((Towpath.Core.Pipelines.PrometheusQuery)view.Record.Questions[0].Source).Query);
        Assert.Equal((50.0, 40.0), (last.Watched[0].Value, last.Watched[0].Live));
        Assert.Equal(TurnKind.TakenBack, view.Record.Turns[^1].Kind);
        Assert.Equal(view.Judged.Select(one => one.Verdict), CanaryReplay.Judge(view.Record).Select(one => Word.Of(one.Judgement.Verdict)));
    }

    [Fact]
    public async Task What_was_no_canary_has_no_analysis()
    {
        await using var server = await WithCanaryAsync(errors: 300);
        using var first = await server.Client.GetAsync(Production + "/deployments/1/analysis", RunningServer.Cancel);
        using var none = await server.Client.GetAsync(Production + "/deployments/77/analysis", RunningServer.Cancel);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (first.StatusCode, none.StatusCode));
        Assert.Contains("gave no version a share of the traffic", await first.Content.ReadAsStringAsync(RunningServer.Cancel), StringComparison.Ordinal);
        var history = (await server.GetAsync(Production)).GetProperty("history");
        Assert.Equal([true, false], history.EnumerateArray().Select(one => one.GetProperty("analysed").GetBoolean()));
    }

    [Fact]
    public async Task Page_draws_it_and_shows_nothing_unencoded()
    {
        await using var server = await WithCanaryAsync(errors: 300);
        using var answer = await server.Client.GetAsync("/shop/environments/production/deployments/2/analysis", RunningServer.Cancel);
        var page = await answer.Content.ReadAsStringAsync(RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.EndsWith("</html>", page.TrimEnd());
        Assert.DoesNotContain(Hostile, page, StringComparison.Ordinal);
        Assert.DoesNotContain("note=\"<script>\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.Contains("enough to take it back", page, StringComparison.Ordinal);
        Assert.All(Points().Matches(page), match => Assert.DoesNotContain("NaN", match.Value, StringComparison.Ordinal));
        Assert.True(Points().Count(page) >= 5, "lines of evidence, rates and the metric");
        foreach (var path in new[] { "", "/deployments/2" })
        {
            using var linking = await server.Client.GetAsync("/shop/environments/production" + path, RunningServer.Cancel);
            Assert.Contains("/deployments/2/analysis", await linking.Content.ReadAsStringAsync(RunningServer.Cancel), StringComparison.Ordinal);
        }

        using var missing = await server.Client.GetAsync("/shop/environments/production/deployments/1/analysis", RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Environment_shows_what_the_judge_sees_while_it_looks()
    {
        await using var server = await WithCanaryAsync(errors: 5, measurements: 3);
        using var answer = await server.Client.GetAsync("/shop/environments/production", RunningServer.Cancel);
        var page = await answer.Content.ReadAsStringAsync(RunningServer.Cancel);
        foreach (var words in (string[])["Requests a second by version", "Evidence: how much", "that failed so far", "that took over 10 ms", "The figures behind it"])
            Assert.Contains(words, page, StringComparison.Ordinal);
        Assert.DoesNotContain(Hostile, page, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_of_measurements_stand_in_the_deployments_log_in_their_order()
    {
        await using var server = await WithCanaryAsync(errors: 300);
        const string Log = "shop/environments/production/deployments/2";
        await server.LogAsync(Log + "/start", 1, true, "first");
        await server.LogAsync(Log + "/canary-12", 1, true, "third");
        await server.LogAsync(Log + "/canary-3", 1, true, "second");
        await server.LogAsync(Log + "/withdraw", 1, true, "last");
        using var answer = await server.Client.GetAsync("/-/text/" + Log, RunningServer.Cancel);
        Assert.Equal("first\nsecond\nthird\nlast\n", await answer.Content.ReadAsStringAsync(RunningServer.Cancel));
    }

    /// <summary>Run 1 is live, and run 2 has had a share.</summary>
    /// <param name="measurements">That are answered; the next one is not, and the deployment is under way. Null: all are, and it ends.</param>
    private static async Task<RunningServer> WithCanaryAsync(long errors, int? measurements = null)
    {
        var server = await RunningServer.StartAsync();
        var answered = 0;
        server.Work.Script = command => command switch
        {
            SurveyTraffic => new StageAnswered(command.Id, Outcome.Succeeded, "") { History = new TrafficHistory(1_000, 100_000, 100, [50_000, 10_000], [10, 20]) },
            MeasureTraffic when ++answered > measurements => null,
            MeasureTraffic measure => new StageAnswered(command.Id, Outcome.Succeeded, "")
            {
                Traffic = new TrafficMeasure(measure.Share, new(5_000, errors, [2_500, 500]), new(95_000, 95, [47_500, 9_500])),
                Samples = measure.Metrics.Select(asked => new MetricSample(asked.Metric, asked.OfLive, asked.OfLive ? 40 : 50, "")).ToValueList(),
            },
            _ => ScriptedWork.Succeed(command),
        };
        await server.PushAsync("shop", Commits.First, Hostile, pipeline: Pipeline);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", Commits.Second, Hostile, pipeline: Pipeline);
        await Eventually.That(
            () => measurements is null ? server.Plane.Environment("shop", "production")!.Deployment(2) is { IsOver: true } : answered > measurements,
            "the canary is over, or so far");
        return server;
    }

    private static async Task<AnalysisView> AnalysisAsync(RunningServer server, int deployment) => JsonSerializer.Deserialize<AnalysisView>(
        (await server.GetAsync($"{Production}/deployments/{deployment}/analysis")).GetRawText(), CoreJson.Options)!;

    [GeneratedRegex("<poly(line|gon)[^>]* points=\"[^\"]+\"")]
    private static partial Regex Points();
}
