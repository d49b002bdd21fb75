namespace Towpath.Core.Pipelines.Language;

/// <summary>Figures that a rollout looks at: where each comes from, and what it must keep to.</summary>
internal static class MetricKeys
{
    private static readonly WholeNumberShape Limit = new(0, 10_000);

    private static readonly Key Router = new("router", new ChoiceShape(["errors", "p50", "p75", "p90", "p95", "p99", "requests"]),
        "What the router counts of each version: the share of its requests that failed (0 to 1), the milliseconds of a complete answer at a "
            + "percentile, or its requests a second.")
    {
        Required = true,
        Example = "errors",
    };

    private static readonly Key Prometheus = new("prometheus", Values.Url,
        "The address of a Prometheus server, as the agent reaches it.")
    {
        Required = true,
        Example = "http://localhost:9090",
        Elsewhere = ["address", "server"],
    };

    private static readonly Key Query = new("query", new TextShape("text", "a PromQL query") { MaxLength = 4_000 },
        "PromQL that comes to one number.")
    {
        Required = true,
        Example = "'sum(rate(http_errors{release=\"{{release}}\"}[1m]))'",
        Elsewhere = ["promql", "expr"],
    };

    private static readonly Key Http = new("http", Values.Url,
        "An address that answers with JSON.")
    {
        Required = true,
        Example = "https://vitals.example/{{release}}.json",
        Elsewhere = ["url", "web", "get"],
    };

    private static readonly Key Value = new("value", Values.JsonPath,
        "Where the number is in the answer; `$` when it is the whole answer.")
    {
        Default = "$",
        Example = "$.latency.p95",
        Elsewhere = ["jsonPath", "path"],
    };

    private static readonly Key Command = new("command", Values.Command,
        "Run in the deploy layer with the environment's variables and secrets. The last line that it prints is the number.")
    {
        Required = true,
        Example = "./queue-length.sh",
        Elsewhere = ["run", "script", "job"],
    };

    public static ValueList<Key> OnlyOfOneSource { get; } = [Router, Prometheus, Query, Http, Value, HeaderKeys.Headers, Command];

    public static ValueList<Key> Everywhere { get; } =
    [
        new("fail", Values.Condition,
            "When the figure is bad. `x` stands for the live version's: `> 1.5x` is more than half as much again.")
        {
            DefaultMeans = "whenever `pass` does not hold",
            Example = "\"> 0.05\"",
            Elsewhere = ["failureCondition", "failWhen", "max"],
        },
        new("pass", Values.Condition,
            "When the figure is good. With `fail` too, what is between the two is inconclusive.")
        {
            DefaultMeans = "whenever `fail` does not hold",
            Example = "\"<= 0.01\"",
            Elsewhere = ["successCondition", "passWhen", "threshold"],
        },
        new("interval", new DurationShape(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            "How often it is asked for, but never more often than the traffic is measured (a sixth of `dwell`, at most every 10 s).")
        {
            DefaultMeans = "with each measurement of the traffic",
            Example = "30s",
        },
        new("delay", new DurationShape(TimeSpan.Zero, TimeSpan.FromHours(1)),
            "How long after the new version's first share it is asked for the first time.")
        {
            Default = "10s",
            Example = "1m",
            Elsewhere = ["initialDelay"],
        },
        new("timeout", new DurationShape(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)),
            "How long an answer may take.")
        {
            Default = "5s",
            Example = "10s",
        },
        new("count", new WholeNumberShape(1, 10_000),
            "How many good measurements each step needs at least.")
        {
            Default = "1",
            Example = "5",
        },
        new("failureLimit", Limit,
            "How many bad ones a step may have. One more takes the version back.")
        {
            Default = "0",
            Example = "2",
        },
        new("inconclusiveLimit", Limit,
            "How many a step may have that are neither good nor bad. One more leaves it to a person.")
        {
            Default = "0",
            Example = "3",
        },
        new("consecutiveErrorLimit", Limit,
            "How many in a row may be without a number: no answer, or nothing in it. One more, and nothing goes on until there is one again.")
        {
            Default = "4",
            Example = "10",
        },
    ];

    public static ValueList<Key> OnlyCompared { get; } =
    [
        new("worse", new ChoiceShape(["higher", "lower", "different"]),
            "Which difference from the live version is a bad one.")
        {
            Default = "higher",
            Example = "lower",
            Elsewhere = ["direction"],
        },
        new("missing", new ChoiceShape(["wait", "zero", "fail"]),
            "What it means that a version has no values: nothing, and they are waited for; each is 0; or the metric fails.")
        {
            Default = "wait",
            Example = "zero",
            Elsewhere = ["nanStrategy", "mustHaveData"],
        },
        new("critical", new FlagShape(),
            "`true`: when this one fails, the score is 0.")
        {
            Default = "false",
            Example = "true",
        },
        new("groups", new ListShape("group", Values.Name, Most: 10),
            "The groups that it counts in.")
        {
            DefaultMeans = "a group that all metrics without one share",
            Example = "[latency]",
            Elsewhere = ["group"],
        },
    ];

    /// <summary>A metric has one source, which says what else it needs.</summary>
    public static EitherShape Metric { get; } = new(
    [
        Of("metric of the router", Router),
        Of("metric of Prometheus", Prometheus, Query, HeaderKeys.Headers),
        Of("metric over HTTP", Http, Value, HeaderKeys.Headers),
        Of("metric of a command", Command),
    ]);

    public static KeySet Kayenta { get; } = new("kayenta judge",
    [
        new("pass", new WholeNumberShape(0, 100),
            "The score from which on the next step may begin.")
        {
            Default = "95",
            Example = "90",
        },
        new("marginal", new WholeNumberShape(0, 100),
            "The score below which the version is taken back. Between the two it is looked at again after another `dwell`.")
        {
            Default = "75",
            Example = "50",
        },
        new("weights", new NamedShape("group", Values.Name, new WholeNumberShape(0, 100), Most: 20),
            "What each group counts, in percent.")
        {
            DefaultMeans = "groups without one share evenly what is left of 100",
            Example = "{ latency: 60 }",
            Elsewhere = ["groupWeights"],
        },
    ]);

    public static KeySet Judge { get; } = new("judge",
    [
        new("kayenta", Kayenta,
            "Kayenta's judge, with settings.")
        {
            Required = true,
            Example = "{ pass: 90, marginal: 50 }",
        },
    ]);

    private static KeySet Of(string noun, params Key[] source) => new(noun, [.. source, .. Everywhere, .. OnlyCompared]);
}
