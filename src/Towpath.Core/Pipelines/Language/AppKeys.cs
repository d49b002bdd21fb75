namespace Towpath.Core.Pipelines.Language;

/// <summary>What runs in an environment: a process, or files that the router serves itself.</summary>
public static class AppKeys
{
    private static Key Part { get; } = new("part", Values.Name,
        "The package's part in which the app lies.")
    {
        DefaultMeans = "the part with the app's name, else the package's root",
        Example = "web",
    };

    public static KeySet Process { get; } = new("process",
    [
        new("command", Values.Command,
            "Starts the app in its folder of the package. An app that listens does so on `$PORT` of `$HOST`; `ASPNETCORE_URLS` is set too.")
        {
            Required = true,
            Example = "node server.js",
            Elsewhere = ["run", "cmd", "start", "entrypoint", "exec"],
        },
        new("health", Values.UrlPath,
            "A path that answers 2xx or 3xx when the app is well.")
        {
            DefaultMeans = "the app is well while it is alive, and listening when it listens",
            Example = "/healthz",
            Elsewhere = ["healthcheck", "healthPath", "readiness", "liveness"],
        },
        new("ready", Values.Ready,
            "For an app without `health` and port: how long it must stay alive before it counts as started.")
        {
            DefaultMeans = "alive 5s",
            Example = "alive 10s",
        },
        new("instances", new WholeNumberShape(1, 32),
            "How many processes of it run.")
        {
            Default = "1",
            Example = "2",
            Elsewhere = ["replicas", "scale", "count"],
        },
        new("overlap", new FlagShape(),
            "`false`: old and new never run at the same time. The old version stops before the new one starts, so the app cannot listen.")
        {
            Default = "true",
            Example = "false",
        },
        new("startTimeout", Values.Timeout,
            "From the start until the app is well; then the deployment fails.")
        {
            Default = "1m",
            Example = "2m",
        },
        new("stopTimeout", Values.Timeout,
            "How long the app may take to end after TERM; then it is killed.")
        {
            Default = "10s",
            Example = "30s",
            Elsewhere = ["grace"],
        },
        Part,
    ])
    {
        Shorthand = "command",
        Later = ["container"],
    };

    public static KeySet Static { get; } = new("static site",
    [
        new("static", Values.Path,
            "A folder of the package that the router serves, without a process.")
        {
            Required = true,
            Example = "public/",
        },
        Part,
    ])
    {
        Later = ["container"],
    };

    public static EitherShape App { get; } = new([Process, Static]);
}
