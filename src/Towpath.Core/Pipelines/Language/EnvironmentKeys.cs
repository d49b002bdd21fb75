namespace Towpath.Core.Pipelines.Language;

/// <summary>Where versions go: an environment runs the pipeline's apps, or a command of its own takes the package further.</summary>
public static class EnvironmentKeys
{
    private static readonly ListShape Commands = JobKeys.Steps(least: 0);

    public static KeySet HttpCheck { get; } = new("http check",
    [
        new("http", Values.UrlPath,
            "A path of the new version, asked on its private address.")
        {
            Required = true,
            Example = "/healthz",
            Elsewhere = ["url", "path", "get"],
        },
        new("status", new WholeNumberShape(100, 599),
            "The status that it must answer.")
        {
            Default = "200",
            Example = "204",
        },
        new("timeout", Values.Timeout,
            "How long to ask again until it answers so.")
        {
            Default = "30s",
            Example = "1m",
        },
    ]);

    internal static ValueList<Key> Everywhere { get; } =
    [
        new("after", new ListShape("environment", Values.Name, Most: 50),
            "Environments in which the same package must have become live before.")
        {
            DefaultMeans = "none: every new package is offered at once",
            Example = "[staging]",
            Elsewhere = ["needs", "depends_on", "requires"],
        },
        new("on", Values.AgentName,
            "The agent whose machine it lies on.")
        {
            DefaultMeans = "this machine",
            Example = "edge-1",
            Elsewhere = ["agent", "host", "server"],
        },
        new("env", new NamedShape("variable", Values.AppVariableName, Values.VariableValue, Most: 200),
            "Variables for its apps and commands. Those set with `towpath env set` win over these.")
        {
            Example = "{ LOG: debug }",
            Elsewhere = ["environment", "variables"],
        },
        new("secrets", new ListShape("variable", Values.AppVariableName, Most: 100),
            "Names of secrets that its apps and commands get as variables. `towpath secret set` gives them their values.")
        {
            Example = "[DATABASE_URL]",
        },
        new("verify", new ListShape("step", new EitherShape([JobKeys.Step, HttpCheck]), Most: 200),
            "What must hold of the new version. Asked before it gets traffic (its private address is in `TOWPATH_URL`), or after `deploy`.")
        {
            DefaultMeans = "nothing beside each app's health",
            Example = "[./smoke.sh, { http: /healthz }]",
            Elsewhere = ["test", "tests", "check", "checks", "smoke"],
        },
        new("gates", new ListShape("gate", GateKeys.Gate, Most: 20),
            "What must hold before a deployment starts: approvals, windows, freezes, soak time, webhooks. A rollback asks none of them.")
        {
            DefaultMeans = "none: it starts as soon as it may",
            Example = "[{ approval: 1 }, { window: \"Mon-Fri 08:00-18:00 Europe/Amsterdam\" }]",
            Elsewhere = ["gate", "approval", "approvals", "protection", "manual", "when", "window", "windows", "freeze", "soak"],
        },
        new("queue", new ChoiceShape(["newest-ready", "every"]),
            "`newest-ready`: a newer package replaces older ones that wait and have passed no gate that it has not. `every`: each is deployed, in order.")
        {
            Default = "newest-ready",
            Example = "every",
        },
        new("timeout", Values.Timeout,
            "How long a deployment may take from its start to being live; then it is rolled back.")
        {
            Default = "30m",
            Example = "1h",
        },
    ];

    internal static ValueList<Key> OnlyWithCommand { get; } =
    [
        new("deploy", JobKeys.Step,
            "Takes the package further. Runs in the deploy layer (the repository at the commit) with the package in `TOWPATH_PACKAGE`.")
        {
            Required = true,
            Example = "npm publish \"$TOWPATH_PACKAGE\"",
        },
        new("undo", new EitherShape([new ChoiceShape(["none", "redeploy"]), JobKeys.Step]),
            "How its effect is taken back, by a failed deployment and by `towpath rollback`: `redeploy` the version before; a command, run "
                + "in the deploy layer of the version that is taken back; or `none`: then a rollback is refused.")
        {
            DefaultMeans = "`redeploy`; `none` when `repeatable` is false",
            Example = "none",
            Elsewhere = ["rollback", "revert"],
        },
        new("repeatable", new FlagShape(),
            "`false`: never started twice for the same package by itself, also not for new settings. When nobody knows how it ended (the "
                + "machine died meanwhile), the deployment waits for a person's decision.")
        {
            Default = "true",
            Example = "false",
            Elsewhere = ["idempotent"],
        },
    ];

    internal static ValueList<Key> OnlyWithApps { get; } =
    [
        new("listen", new EitherShape([Values.Address, new NamedShape("app", Values.Name, Values.Address, Most: 50)]),
            "Where the router takes requests: for the one app, or app by app. A port alone is open to this machine only.")
        {
            DefaultMeans = "nothing listens",
            Example = "{ web: 8081, site: 0.0.0.0:8082 }",
            Elsewhere = ["port", "ports", "expose", "bind"],
        },
        new("before", Commands,
            "Run once, in the deploy layer (the repository at the commit), before the first new instance starts. Changes of a database belong into `migrations`.")
        {
            Example = "[./migrate.sh]",
            Elsewhere = ["migrate", "predeploy", "beforeScript"],
        },
        new("keepWarm", new DurationShape(TimeSpan.Zero, Values.LongestTimeout),
            "How long the replaced version keeps running, ready to be taken back at once.")
        {
            Default = "10m",
            Example = "1h",
        },
        new("drain", new DurationShape(TimeSpan.Zero, TimeSpan.FromHours(1)),
            "How long requests in flight may take after the traffic has moved away.")
        {
            Default = "30s",
            Example = "2m",
        },
        new("rollout", new EitherShape([new ChoiceShape(["blue-green", "rolling"]), RolloutKeys.Rollout]),
            "How traffic moves to a new version that listens. `blue-green`: all at once, when all its instances are well. `rolling`: instance "
                + "by instance, for machines that cannot run both versions whole; the replaced version is not kept warm. Or a canary. The very "
                + "first version of an environment gets it all at once.")
        {
            Default = "blue-green",
            Example = "{ canary: [5%, 25%, 50%] }",
            Elsewhere = ["strategy", "canary"],
        },
    ];

    public static KeySet WithCommand { get; } =
        new("environment with a command", [.. OnlyWithCommand, .. Everywhere]) { Later = LaterKeys };

    public static KeySet WithApps { get; } =
        new("environment with apps", [.. OnlyWithApps, .. Everywhere]) { Later = LaterKeys };

    public static EitherShape Environment { get; } = new([WithCommand, WithApps]);

    private static ValueList<string> LaterKeys => ["hosts"];
}
