using Towpath.Core;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Pipelines;

/// <summary>How versions come in, as a pipeline file says it.</summary>
public sealed class PipelineRolloutTests
{
    [Fact]
    public void Migrations_are_those_of_every_environment_that_runs_the_apps()
    {
        var pipeline = Valid("""
            app: x
            migrations: { expand: ./up, contract: { run: ./down, timeout: 5m } }
            environments:
              a: { listen: 80, before: ./seed }
              b: { deploy: ./publish }
            """);
        var (a, b) = (pipeline.Environment("a")!, pipeline.Environment("b")!);
        Assert.Equal(["./up", "./seed"], a.Preparation.Select(step => step.Run));
        Assert.Equal(("./down", Seconds(300), TimeSpan.FromDays(1)), (a.Migrations!.Contract!.Run, a.Migrations.Contract.Timeout, a.Migrations.ContractAfter));
        Assert.Null(b.Migrations);
        Assert.Null(Valid("app: x\nenvironments: { a: { listen: 80 } }").Environment("a")!.Migrations);
    }

    /// <summary>Runs and candidates keep their pipeline in the journal.</summary>
    [Fact]
    public void A_rollout_means_what_it_says()
    {
        var pipeline = Valid("""
            app: x
            environments:
              a: { listen: 80, rollout: { canary: [0.5%, { share: 25%, pause: true }] } }
              b: { listen: 81, rollout: { canary: 10%, sticky: false, judge: none, alpha: 5%, dwell: 12s, longest: 1h, undecided: roll-back } }
              c: { listen: 82 }
              d: { listen: 83, rollout: rolling }
            """);
        Assert.Equal([false, false, false, true], pipeline.Environments.Select(environment => environment.Rolling));
        Assert.Equal(
            new RolloutDefinition(
                [new(0.005, Pause: false), new(0.25, Pause: true)], Sticky: true, JudgeKind.Sequential, Alpha: 0.01, Seconds(60),
                TimeSpan.FromMinutes(30), UndecidedPolicy.Hold),
            pipeline.Environment("a")!.Rollout);
        Assert.Equal(
            new RolloutDefinition(
                [new(0.1, Pause: false)], Sticky: false, JudgeKind.None, Alpha: 0.05, Seconds(12), TimeSpan.FromHours(1), UndecidedPolicy.RollBack),
            pipeline.Environment("b")!.Rollout);
        Assert.Equal((Seconds(10), Seconds(2)), (pipeline.Environment("a")!.Rollout!.Bin, pipeline.Environment("b")!.Rollout!.Bin));
        Assert.Null(pipeline.Environment("c")!.Rollout);
    }

    [Fact]
    public void Testers_are_known_by_a_header_or_by_a_cookie()
    {
        Assert.Equal(
            new TestersDefinition(TesterMark.Header, "X-Tester", "yes"),
            Rollout("{ canary: 5%, testers: { header: X-Tester, value: \"yes\" } }").Testers);
        Assert.Equal(
            new TestersDefinition(TesterMark.Cookie, "tester", "a=1"), Rollout("{ canary: 5%, testers: { cookie: tester, value: a=1 } }").Testers);
        Assert.Null(Rollout("{ canary: 5% }").Testers);
    }

    [Fact]
    public void Metrics_of_a_rollout_mean_what_they_say()
    {
        var metrics = Rollout("""
            canary: 5%
            metrics:
              errors5xx:
                prometheus: http://localhost:9090/
                query: sum(rate(errors{release="{{release}}"}[1m]))
                fail: "> 1.5x"
                interval: 30s
              queue: { command: ./queue-length.sh, fail: ">= 100", pass: "<50", count: 3, failureLimit: 1, inconclusiveLimit: 2, consecutiveErrorLimit: 0, delay: 1m }
              vitals: { http: "http://vitals/{{candidate}}", value: "$.p95[0]", pass: "<= 2.5%", timeout: 2s }
            """).Metrics;
        var usual = new MetricLimits(TimeSpan.Zero, Seconds(10), Seconds(5), 1, 0, 0, 4);
        Assert.Equal(
            [
                new("errors5xx", new PrometheusQuery("http://localhost:9090", "sum(rate(errors{release=\"{{release}}\"}[1m]))"), new(Relation.Above, 1.5, OfLive: true), null,
                    usual with { Interval = Seconds(30) }),
                new("queue", new CommandNumber("./queue-length.sh"), new(Relation.AtLeast, 100, OfLive: false), new(Relation.Below, 50, OfLive: false),
                    new(TimeSpan.Zero, Seconds(60), Seconds(5), 3, 1, 2, 0)),
                new("vitals", new HttpNumber("http://vitals/{{candidate}}", "$.p95[0]"), null, new(Relation.AtMost, 0.025, OfLive: false),
                    usual with { Timeout = Seconds(2) }),
            ],
            metrics.ToArray());
        Assert.Equal([true, false, false], metrics.Select(metric => Placeholders.IsOfVersion(metric.Source)));
    }

    [Fact]
    public void Headers_of_sources_and_webhooks_name_secrets_of_their_environment()
    {
        var environment = PipelineFile.Parse("""
            app: ./shop
            environments:
              production:
                listen: 8080
                secrets: [TOKEN, KEY]
                gates: { webhook: { url: "https://change.example", headers: { Authorization: "Bearer {{secrets.TOKEN}}" } } }
                rollout:
                  canary: 5%
                  metrics:
                    asked: { prometheus: "http://localhost:9090", query: up, fail: "> 1", headers: { X-Key: "{{ secrets.KEY }}" } }
                    vitals: { http: "http://vitals", fail: "> 1", headers: { X-Team: shop } }
            """).Pipeline!.Environments[0];
        var gate = Assert.IsType<WebhookGate>(Assert.Single(environment.Gates));
        Assert.Equal("Bearer {{secrets.TOKEN}}", gate.Headers["Authorization"]);
        Assert.Equal(["TOKEN"], SecretHeaders.SecretsIn(gate.Headers));
        var sources = environment.Rollout!.Metrics.Select(metric => metric.Source).ToList();
        Assert.Equal(["KEY"], SecretHeaders.SecretsIn(Assert.IsType<PrometheusQuery>(sources[0]).Headers));
        Assert.Equal("shop", Assert.IsType<HttpNumber>(sources[1]).Headers["X-Team"]);
        Assert.False(Placeholders.IsOfVersion(sources[0]));
    }

    [Fact]
    public void Judges_that_need_metrics_look_at_the_routers_when_the_file_names_none()
    {
        var threshold = Rollout("{ canary: 5%, judge: threshold, metrics: { errors: { command: ./x, fail: '> 1' } } }");
        Assert.Equal(
            [("errors", false), ("router-errors", true), ("p95", true)],
            threshold.Metrics.Select(metric => (metric.Name, metric.Source is RouterFigure)));
        Assert.Equal("above 2 times the live version's", threshold.Metrics[2].Fail!.ToString());
        Assert.Single(Rollout("{ canary: 5%, judge: threshold, metrics: { e: { router: errors, fail: '> 1%' } } }").Metrics);

        var kayenta = Rollout("{ canary: 5%, judge: kayenta }");
        Assert.Equal((JudgeKind.Kayenta, new KayentaDefinition(95, 75, OrdinalMap<int>.Empty)), (kayenta.Judge, kayenta.Kayenta));
        Assert.All(kayenta.Metrics, metric => Assert.Equal(new MetricComparison(WorseWhen.Higher, MissingValues.Wait, [], Critical: false), metric.Comparison));
        Assert.Empty(Rollout("{ canary: 5% }").Metrics);
    }

    [Fact]
    public void Kayentas_judge_takes_its_settings_and_those_of_each_metric()
    {
        var rollout = Rollout("""
            canary: 5%
            judge: { kayenta: { pass: 80, marginal: 60, weights: { speed: 70 } } }
            metrics:
              slow: { router: p99, worse: different, missing: zero, critical: true, groups: [speed] }
              queue: { command: "./q {{release}}", worse: lower, missing: fail }
              disk: { command: ./disk, fail: "> 90%" }
            """);
        Assert.Equal(new KayentaDefinition(80, 60, OrdinalMap<int>.Empty.With("speed", 70)), rollout.Kayenta);
        Assert.Equal(
            [new(WorseWhen.Different, MissingValues.Zero, ["speed"], Critical: true), new(WorseWhen.Lower, MissingValues.Fail, [], Critical: false), null],
            rollout.Metrics.Select(metric => metric.Comparison).ToArray());
        Assert.Equal(Figure.P99, ((RouterFigure)rollout.Metrics[0].Source).Figure);
    }

    private static RolloutDefinition Rollout(string rollout) => Valid($"""
        app: x
        environments:
          a:
            listen: 80
            rollout:
        {string.Join("\n", rollout.Split("\n").Select(line => "      " + line))}
        """).Environment("a")!.Rollout!;

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static Pipeline Valid(string file)
    {
        var parse = PipelineFile.Parse(file);
        Assert.Empty(parse.Errors);
        return parse.Pipeline!;
    }
}
