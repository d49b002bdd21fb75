namespace Towpath.Core.Pipelines.Language;

/// <summary>
/// The pipeline file, key by key, beginning at its root: the one definition that the parser, the JSON Schema and the
/// reference page follow. <see cref="JobKeys"/>, <see cref="TriggerKeys"/>, <see cref="AppKeys"/>, <see cref="MigrationKeys"/> and <see cref="EnvironmentKeys"/> go on from here.
/// </summary>
public static class PipelineKeys
{
    private static EitherShape Package { get; } =
        new([Values.PackageSource, new NamedShape("part", Values.Name, Values.PackageSource, Most: 50, Least: 1)]);

    public static KeySet File { get; } = new("pipeline file",
    [
        new("jobs", new NamedShape("job", Values.Name, JobKeys.Job, Most: 100),
            "What builds and tests the commit. Jobs run at the same time unless one needs another.")
        {
            Example = "{ build: { steps: [npm ci, npm test] } }",
            Elsewhere = ["stages", "build", "script", "steps", "pipeline"],
        },
        new("triggers", TriggerKeys.Triggers,
            "What starts a run of the default branch's newest commit beside a push: schedules.")
        {
            DefaultMeans = "only pushes start runs",
            Example = "{ cron: \"0 3 * * *\", zone: Europe/Amsterdam }",
            Elsewhere = ["on", "trigger", "schedule", "schedules", "cron", "timer"],
        },
        new("package", Package,
            "What goes to the environments: an output as `JOB.OUTPUT`, a path in the workspace of the only job, or a map of named parts.")
        {
            DefaultMeans = "nothing is packaged by the run; packages can still be pushed from another CI",
            Example = "publish.shop",
            Elsewhere = ["artifact", "artifacts", "packages"],
        },
        new("app", AppKeys.App,
            "Short for `apps` with one app called `web`.")
        {
            Example = "{ command: node server.js, health: / }",
        },
        new("apps", new NamedShape("app", Values.Name, AppKeys.App, Most: 50),
            "What runs in the environments. All apps of an environment move as one deployment.")
        {
            Example = "{ web: { command: ./Shop }, worker: { command: ./Worker } }",
            Elsewhere = ["services", "processes"],
        },
        new("migrations", MigrationKeys.Migrations,
            "How the database follows the versions, in every environment that runs the apps. A version adds what it needs before it starts; "
                + "what only older ones need is taken away when none of them can come back any more.")
        {
            Example = "{ expand: ./migrate.sh expand, contract: ./migrate.sh contract }",
            Elsewhere = ["migration", "migrate", "database"],
        },
        new("environments", new NamedShape("environment", Values.Name, EnvironmentKeys.Environment, Most: 50),
            "Where the package goes, and in which order.")
        {
            Example = "{ staging: { listen: 8081 }, production: { after: staging, listen: 8080 } }",
            Elsewhere = ["deploy", "envs", "stage", "deployments"],
        },
    ])
    {
        Later = ["hosts"],
    };
}
