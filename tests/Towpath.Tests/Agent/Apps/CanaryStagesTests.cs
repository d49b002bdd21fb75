using Microsoft.AspNetCore.Http;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>A share of the traffic and what comes of it, with real processes, a real router and sources that answer as they like.</summary>
public sealed class CanaryStagesTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_live_is_counted_before_anything_moves()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var next = await machine.PlanAsync("d2");
        Succeeded(await machine.StartAsync(next));
        Assert.Equal(TrafficHistory.None, (await machine.CarryOutAsync(id => new SurveyTraffic(id, next, "d1", Moment))).History);
        for (var request = 0; request < 40; request++)
            await machine.GetAsync();

        var history = (await machine.CarryOutAsync(id => new SurveyTraffic(id, next, "d1", Moment))).History!;

        Assert.Equal((40, 0), (history.Requests, history.Errors));
        Assert.Equal(history.Edges.Count, history.Slower.Count);
        Assert.All(history.Edges, edge => Assert.True(edge >= TrafficHistory.LeastEdge));
        Assert.Contains("d1 has answered 40 requests, 0 % with an error", machine.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_versions_are_counted_while_the_candidate_has_its_share()
    {
        await using var machine = await AppMachine.StartAsync();
        var next = await WithCandidateAsync(machine, ("TEST_ERRORS", "1"));
        var measuring = machine.CarryOutAsync(id => Measure(id, next, TimeSpan.FromSeconds(3)));
        await Eventually.That(() => machine.Said.Contains("d2 gets 50 % of the requests now", StringComparison.Ordinal), "it has its share");
        // Its share is set; the counters are read right after that.
        await Eventually.That(async () => await machine.GetAsync() == "500", "the candidate answers");
        for (var request = 0; request < 100; request++)
            await machine.GetAsync();
        var ended = await measuring;

        Assert.Equal((Outcome.Succeeded, 3.0), (ended.Outcome, ended.Traffic!.Seconds));
        var (candidate, live) = (ended.Traffic.Candidate, ended.Traffic.Baseline);
        Assert.InRange(candidate.Requests, 45, 70);
        Assert.InRange(live.Requests, 45, 70);
        Assert.Equal((candidate.Requests, 0), (candidate.Errors, live.Errors));
        Assert.Equal((0, 5), (candidate.Percentiles.Count, live.Percentiles.Count));
        Assert.All(live.Percentiles, percentile => Assert.True(percentile >= TrafficHistory.LeastEdge));
    }

    [Fact]
    public async Task Version_that_crashes_meanwhile_fails_and_is_not_started_again()
    {
        await using var machine = await AppMachine.StartAsync();
        var next = await WithCandidateAsync(machine);
        var measuring = machine.CarryOutAsync(id => Measure(id, next, TimeSpan.FromMinutes(1), new MetricQuestion("slow", false, new CommandNumber("sleep 1000"), TimeSpan.FromMinutes(1))));
        await Eventually.That(() => machine.Said.Contains("d2 gets", StringComparison.Ordinal), "it has its share");
        var pid = machine.PidsOf("d2").Single();
        Kill(pid);
        var ended = await measuring;

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.EndsWith("while it got requests.", ended.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(machine.PidsOf("d2"), other => other != pid && IsAlive(other));
    }

    [Fact]
    public async Task Nothing_is_counted_when_somebody_went_back_on_the_machine()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var next = await WithCandidateAsync(machine, live: "d2", candidate: "d3");
        Succeeded(await machine.Host.RollBackLocallyAsync("shop", "production", _ => { }, Cancel));

        Succeeded(await machine.CarryOutAsync(id => new MeasureTraffic(id, next, "d2", 0.5, Sticky: false, Moment, [])));

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_source_answers_with_a_number()
    {
        await using var numbers = await NumberServer.StartAsync();
        await using var machine = await AppMachine.StartAsync();
        var next = await WithCandidateAsync(machine);
        string? asked = null;
        numbers.Answers["/form/api/v1/query"] = async context =>
        {
            asked = (await context.Request.ReadFormAsync(Cancel))["query"];
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{ "status": "success", "data": { "resultType": "vector", "result": [{ "metric": {}, "value": [1, "7"] }] } }""", Cancel);
        };
        var samples = await AskAsync(
            machine, next,
            new PrometheusQuery(numbers.Url + "/form", "sum(up{a=\"b\"}) + 1"),
            new PrometheusQuery(numbers.Prometheus("scalar", "scalar", "[1, \"0.25\"]"), "x"),
            new HttpNumber(numbers.Says("/plain", "12.5"), "$"),
            new HttpNumber(numbers.Says("/deep", """{ "a": [{ "p95": "1e3" }] }"""), "$.a[0].p95"),
            new CommandNumber("echo looking >&2; echo first; test -f scripts; echo $((40 + TOWPATH_RUN))"));
        Assert.Equal([7, 0.25, 12.5, 1000, 42], samples.Select(sample => sample.Value));
        Assert.All(samples, sample => Assert.Equal("", sample.Problem));
        Assert.Equal("sum(up{a=\"b\"}) + 1", asked);
    }

    [Fact]
    public async Task What_goes_wrong_with_a_source_is_an_answer_without_a_number()
    {
        await using var numbers = await NumberServer.StartAsync();
        await using var machine = await AppMachine.StartAsync();
        var next = await WithCandidateAsync(machine);
        numbers.Answers["/slow"] = context => new TaskCompletionSource().Task.WaitAsync(context.RequestAborted);
        numbers.Answers["/endless"] = async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.WriteAsync(new string(' ', 10_000), context.RequestAborted);
        };
        (MetricSource Source, string Problem)[] cases =
        [
            (new PrometheusQuery(numbers.Prometheus("empty", "vector", "[]"), "x"), "The query found nothing."),
            (new PrometheusQuery(numbers.Prometheus("nan", "scalar", "[1, \"NaN\"]"), "x"), "'NaN' is not a number."),
            (new PrometheusQuery(numbers.Prometheus("infinite", "scalar", "[1, \"+Inf\"]"), "x"), "'+Inf' is not a number."),
            (new PrometheusQuery(numbers.Prometheus("two", "vector", "[{ \"value\": [1, \"1\"] }, { \"value\": [1, \"2\"] }]"), "x"),
                "The query found 2 series: make one number of them, such as with sum()."),
            (new PrometheusQuery(numbers.Prometheus("range", "matrix", "[{ \"values\": [] }]"), "x"), "The query gives no instant value"),
            (new PrometheusQuery(numbers.Says("/bad/api/v1/query", """{ "status": "error", "error": "parse error" }""", 400)[..^"/api/v1/query".Length], "x("),
                "Prometheus refused the query: parse error"),
            (new PrometheusQuery("http://127.0.0.1:1", "x"), "refused"),
            (new PrometheusQuery(numbers.Says("/odd/api/v1/query", "[1]")[..^"/api/v1/query".Length], "x"), "Prometheus refused the query"),
            (new HttpNumber(numbers.Says("/500", "1", 500), "$"), "It answered 500."),
            (new HttpNumber(numbers.Says("/text", "hello"), "$"), "The answer is not JSON"),
            (new HttpNumber(numbers.Says("/null", """{ "a": null }"""), "$.a"), "$.a is null."),
            (new HttpNumber(numbers.Says("/none", """{ "a": [] }"""), "$.a[3]"), "There is no $.a[3] in the answer."),
            (new HttpNumber(numbers.Says("/map", """{ "a": {} }"""), "$.a"), "$.a is no number."),
            (new HttpNumber(numbers.Says("/flag", "true"), "$"), "$ is no number."),
            (new HttpNumber(numbers.Url + "/slow", "$"), "No answer within 1 s."),
            (new HttpNumber(numbers.Url + "/endless", "$"), "The answer is longer than 256 KiB."),
            (new CommandNumber("echo 5; echo the queue is away >&2; exit 3"), "The command ended with exit code 3: the queue is away."),
            (new CommandNumber("true"), "Nothing came back."),
            (new CommandNumber("echo 5 boats"), "'5 boats' is not a number."),
            (new CommandNumber("sleep 1000"), "took longer than"),
        ];
        var samples = await AskAsync(machine, next, [.. cases.Select(one => one.Source)]);
        Assert.All(samples.Zip(cases), pair =>
        {
            Assert.Null(pair.First.Value);
            Assert.Contains(pair.Second.Problem, pair.First.Problem, StringComparison.Ordinal);
            Assert.InRange(pair.First.Problem.Length, 1, MetricSample.LongestProblem);
        });
    }

    [Fact]
    public async Task Secrets_are_there_for_commands_and_not_for_those_who_read_what_went_wrong()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var next = await machine.PlanAsync("d2", change: it => it with { Secrets = ["TOKEN"] });
        Succeeded(await machine.StartAsync(next, ("TOKEN", "swordfish")));
        Succeeded(await machine.CheckAsync(next));
        var ended = await machine.CarryOutAsync(
            id => Measure(id, next, Moment, new MetricQuestion("m", false, new CommandNumber("test $TOKEN = swordfish && echo $TOKEN >&2; exit 4"), TimeSpan.FromSeconds(5))),
            ("TOKEN", "swordfish"));
        Assert.Equal("The command ended with exit code 4: ***.", Assert.Single(ended.Samples).Problem);
    }

    [Fact]
    public async Task Headers_of_a_source_bring_secrets_to_its_address_and_nowhere_else()
    {
        await using var numbers = await NumberServer.StartAsync();
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var next = await machine.PlanAsync("d2", change: it => it with { Secrets = ["TOKEN"] });
        Succeeded(await machine.StartAsync(next, ("TOKEN", "swordfish")));
        Succeeded(await machine.CheckAsync(next));
        var headers = OrdinalMap<string>.Empty.With("X-Key", "key {{secrets.TOKEN}}");
        numbers.Answers["/open"] = context => context.Response.WriteAsync(context.Request.Headers["X-Key"] == "key swordfish" ? "1" : "0", Cancel);
        numbers.Answers["/away"] = context =>
        {
            context.Response.Redirect("/open");
            return Task.CompletedTask;
        };
        var samples = (await machine.CarryOutAsync(
            id => Measure(
                id, next, Moment,
                new("in", false, new HttpNumber(numbers.Url + "/open", "$") { Headers = headers }, TimeSpan.FromSeconds(5)),
                new("bare", false, new HttpNumber(numbers.Url + "/away", "$"), TimeSpan.FromSeconds(5)),
                new("away", false, new HttpNumber(numbers.Url + "/away", "$") { Headers = headers }, TimeSpan.FromSeconds(5)),
                new("none", false, new HttpNumber(numbers.Url + "/open", "$") { Headers = headers.With("X-Key", "{{secrets.OTHER}}") }, TimeSpan.FromSeconds(5))),
            ("TOKEN", "swordfish"))).Samples;
        Assert.Equal([1, 0, null, null], samples.Select(sample => sample.Value));
        Assert.Equal("It answered 302.", samples[2].Problem);
        Assert.StartsWith("The secret OTHER has no value", samples[3].Problem, StringComparison.Ordinal);
    }

    /// <summary>d1 is live; the candidate is started and well.</summary>
    private static Task<ReleasePlan> WithCandidateAsync(AppMachine machine, params (string Name, string Value)[] variables) =>
        WithCandidateAsync(machine, "d1", "d2", variables);

    private static async Task<ReleasePlan> WithCandidateAsync(AppMachine machine, string live, string candidate, params (string Name, string Value)[] variables)
    {
        await machine.DeployAsync(await machine.PlanAsync(live));
        var next = await machine.PlanAsync(candidate, variables: variables);
        Succeeded(await machine.StartAsync(next));
        Succeeded(await machine.CheckAsync(next));
        return next;
    }

    private static async Task<ValueList<MetricSample>> AskAsync(AppMachine machine, ReleasePlan plan, params MetricSource[] sources)
    {
        MetricQuestion[] questions = [.. sources.Select((source, index) => new MetricQuestion($"m{index}", false, source, TimeSpan.FromSeconds(1)))];
        // What answers at once has time enough also where many processes start at once.
        if (sources.Length < 10)
            questions = [.. questions.Select(question => question with { Timeout = TimeSpan.FromSeconds(30) })];
        var ended = await machine.CarryOutAsync(id => Measure(id, plan, Moment, questions));
        Assert.Equal((Outcome.Succeeded, ""), (ended.Outcome, ended.Reason));
        Assert.Equal(questions.Select(question => question.Metric), ended.Samples.Select(sample => sample.Metric));
        return ended.Samples;
    }

    private static MeasureTraffic Measure(string id, ReleasePlan plan, TimeSpan time, params MetricQuestion[] questions) =>
        new(id, plan, "d1", 0.5, Sticky: false, time, []) { Metrics = [.. questions] };
}
