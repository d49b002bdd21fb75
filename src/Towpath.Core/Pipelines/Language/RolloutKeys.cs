namespace Towpath.Core.Pipelines.Language;

/// <summary>How traffic moves to a new version.</summary>
internal static class RolloutKeys
{
    public static KeySet Step { get; } = new("canary step",
    [
        new("share", Values.Share,
            "The new version's share of the requests.")
        {
            Required = true,
            Example = "5%",
            Elsewhere = ["weight", "setWeight", "percent", "traffic"],
        },
        new("pause", new FlagShape(),
            "`true`: after this step a person lets it go on, with `towpath advance`.")
        {
            Default = "false",
            Example = "true",
            Elsewhere = ["manual", "wait", "approval"],
        },
    ])
    {
        Shorthand = "share",
    };

    public static KeySet Testers { get; } = new("testers",
    [
        new("header", Values.MarkName,
            "A request header by which their requests are known.")
        {
            Example = "X-Tester",
            Elsewhere = ["headerName"],
        },
        new("cookie", Values.MarkName,
            "A cookie by which they are known, instead of a header.")
        {
            Example = "tester",
            Elsewhere = ["cookieName"],
        },
        new("value", Values.MarkValue,
            "What it has to be, letter by letter. Whoever sends it is a tester: it protects nothing.")
        {
            Required = true,
            Example = "\"yes\"",
            Elsewhere = ["exact", "equals", "is"],
        },
    ]);

    public static KeySet Rollout { get; } = new("rollout",
    [
        new("canary", new ListShape("step", Step, Most: 20, Least: 1),
            "The new version's share of the requests, step by step. It gets the next share when it is shown not to be worse than the live "
                + "version, and is taken back at once when it is shown to be worse.")
        {
            Required = true,
            Example = "[5%, 25%, 50%]",
            Elsewhere = ["steps", "weights", "stages"],
        },
        new("sticky", new FlagShape(),
            "`true`: a client stays with the version that it got, by a cookie of the router's. `false`: each request is drawn by itself.")
        {
            Default = "true",
            Example = "false",
            Elsewhere = ["affinity", "session"],
        },
        new("judge", new EitherShape([new ChoiceShape(["sequential", "threshold", "kayenta", "none"]), MetricKeys.Judge]),
            "`sequential`: errors and latency of both versions are compared all the time, by tests that stay true however often one looks. "
                + "`threshold`: the `metrics` are held against their limits, and nothing else is looked at. `kayenta`: they are compared with the live "
                + "version's as Kayenta does, once each `dwell`. `none`: a step is over after `dwell`, unless an instance fails.")
        {
            Default = "sequential",
            Example = "threshold",
            Elsewhere = ["analysis", "analyze"],
        },
        new("metrics", new NamedShape("metric", Values.Name, MetricKeys.Metric, Most: 20),
            "Figures of your own that the new version must keep to. Any may take it back; for the next step all must agree, and the judge too.")
        {
            DefaultMeans = "none; with `threshold` and `kayenta` the router's error rate and 95th percentile",
            Example = "{ queue: { command: ./queue-length.sh, fail: \"> 100\" } }",
            Elsewhere = ["measurements", "providers", "queries"],
        },
        new("alpha", Values.Share,
            "The chance that a version which is no worse is taken back by the judge, over the whole deployment.")
        {
            Default = "1%",
            Example = "5%",
            Elsewhere = ["significance", "confidence"],
        },
        new("dwell", new DurationShape(TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            "The least time at each step. Time without traffic does not count.")
        {
            Default = "1m",
            Example = "5m",
            Elsewhere = ["interval", "duration", "bake", "soak"],
        },
        new("longest", new DurationShape(TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            "The most time at each step, without traffic included. What is not decided then is up to `undecided`.")
        {
            Default = "30m",
            Example = "4h",
            Elsewhere = ["deadline", "timeout", "max"],
        },
        new("undecided", new ChoiceShape(["hold", "roll-back"]),
            "What happens when a step's longest time has not shown anything: `hold` leaves it to a person, `roll-back` takes it back.")
        {
            Default = "hold",
            Example = "roll-back",
            Elsewhere = ["inconclusive", "onInconclusive"],
        },
        new("testers", Testers,
            "Whose requests all go to the new version, at every step; while nobody can judge it, theirs go to the live one too. They are not compared: testers do other things than others.")
        {
            DefaultMeans = "nobody's",
            Example = "{ header: X-Tester, value: \"yes\" }",
            Elsewhere = ["setHeaderRoute", "match", "headers"],
        },
    ]);
}
