namespace Towpath.Core.Pipelines;

/// <summary>What a pipeline file says, complete with defaults and free of contradictions. Made by <see cref="PipelineFile"/>.</summary>
/// <param name="Jobs">In an order in which every job comes after those it needs.</param>
/// <param name="Package">Null when nothing is packaged: then nothing is deployed.</param>
/// <param name="Apps">Sorted by name.</param>
/// <param name="Environments">In an order in which every environment comes after those it waits for.</param>
public sealed record Pipeline(
    ValueList<JobDefinition> Jobs,
    PackageDefinition? Package,
    ValueList<AppDefinition> Apps,
    ValueList<EnvironmentDefinition> Environments)
{
    /// <summary>Each stands here once.</summary>
    public ValueList<Schedule> Schedules { get; init; } = [];

    public EnvironmentDefinition? Environment(string name) => Environments.FirstOrDefault(environment => environment.Name == name);

    /// <summary>The environments that a new package is offered to: those that come after no other.</summary>
    public IEnumerable<EnvironmentDefinition> FirstEnvironments => Environments.Where(environment => environment.After.Count == 0);

    public IEnumerable<EnvironmentDefinition> EnvironmentsAfter(string name) =>
        Environments.Where(environment => environment.After.Contains(name));
}

/// <summary>Steps on one agent in one workspace.</summary>
/// <param name="Outputs">Name to path in the workspace: folders or files that later jobs and the package get.</param>
/// <param name="TestReports">Globs of JUnit or TRX files; empty when the job reports no tests.</param>
/// <param name="Retry">How many more attempts a failed or errored one gets; 0 to 5.</param>
/// <param name="Timeout">Of one attempt, waiting for an agent not included.</param>
public sealed record JobDefinition(
    string Name,
    ValueList<string> Needs,
    ValueList<StepDefinition> Steps,
    OrdinalMap<string> Env,
    OrdinalMap<string> Outputs,
    ValueList<string> TestReports,
    int Retry,
    TimeSpan Timeout);

/// <summary>One command line, run by a shell.</summary>
/// <param name="Name">For people; the command itself when the file gives none.</param>
/// <param name="Shell">A program that takes <c>-c COMMAND</c>: <c>sh</c>, <c>bash</c>. A failing line ends the step (-e).</param>
public sealed record StepDefinition(string Name, string Run, OrdinalMap<string> Env, TimeSpan Timeout, string Shell);

/// <param name="Parts">At least one. A part without a name is the whole app layer.</param>
public sealed record PackageDefinition(ValueList<PackagePart> Parts);

/// <summary>A job's output that goes into the package.</summary>
/// <param name="Name">The folder in the app layer; empty for its root, when the package has only this part.</param>
public sealed record PackagePart(string Name, string Job, string Output);

/// <summary>Something that runs in an environment.</summary>
/// <param name="Part">The package part it runs in; empty for the root of the app layer.</param>
[System.Text.Json.Serialization.JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[System.Text.Json.Serialization.JsonDerivedType(typeof(ProcessApp), "process")]
[System.Text.Json.Serialization.JsonDerivedType(typeof(StaticApp), "static")]
public abstract record AppDefinition(string Name, string Part);

/// <param name="Command">Run by <c>sh -c</c> in the app's folder, with PORT, HOST and ASPNETCORE_URLS set when it listens.</param>
/// <param name="Health">A path that answers 2xx or 3xx when the app is well; null: alive, and listening when it listens.</param>
/// <param name="ReadyAfter">For an app without health and port: how long it must stay alive before it counts as started.</param>
/// <param name="StartTimeout">From the start until it is healthy; then the deployment fails.</param>
/// <param name="StopTimeout">From TERM to KILL.</param>
/// <param name="Overlap">False: the old version is stopped before the new one starts, after the traffic has moved.</param>
public sealed record ProcessApp(
    string Name,
    string Part,
    string Command,
    string? Health,
    TimeSpan ReadyAfter,
    TimeSpan StartTimeout,
    TimeSpan StopTimeout,
    int Instances,
    bool Overlap) : AppDefinition(Name, Part);

/// <summary>Files that the router serves itself.</summary>
/// <param name="Root">Folder in the part; empty for the part itself.</param>
public sealed record StaticApp(string Name, string Part, string Root) : AppDefinition(Name, Part);

/// <summary>A named place: what it comes after, how versions get in, and how they are checked.</summary>
/// <param name="After">The same candidate must have become live in each of these.</param>
/// <param name="Agent">The agent's name (<c>on:</c> in the file); null: the agent on the server's machine.</param>
/// <param name="Env">Set for apps and commands; the server's variables for the environment win over these.</param>
/// <param name="Secrets">Names; the values are kept on the server.</param>
/// <param name="Before">Run once in the deploy layer, before the first instance starts.</param>
/// <param name="KeepWarm">How long the replaced version keeps running, ready to be taken back at once.</param>
/// <param name="DrainTimeout">How long requests in flight may take after the traffic has moved away.</param>
/// <param name="Timeout">Of the whole deployment, from start to live.</param>
public sealed record EnvironmentDefinition(
    string Name,
    ValueList<string> After,
    string? Agent,
    OrdinalMap<string> Env,
    ValueList<string> Secrets,
    ValueList<StepDefinition> Before,
    ValueList<Check> Verify,
    TargetDefinition Target,
    QueueMode Queue,
    TimeSpan KeepWarm,
    TimeSpan DrainTimeout,
    TimeSpan Timeout)
{
    /// <summary>The instances of the new version replace the old ones one by one; not together with <see cref="Rollout"/>.</summary>
    public bool Rolling { get; init; }

    /// <summary>Null: all traffic moves at once, or by <see cref="Rolling"/>.</summary>
    public RolloutDefinition? Rollout { get; init; }

    /// <summary>Null where nothing is migrated, and in an environment that a command deploys to.</summary>
    public MigrationDefinition? Migrations { get; init; }

    /// <summary>What runs once for a version, before its first instance.</summary>
    public ValueList<StepDefinition> Preparation => Migrations?.Expand is { } expand ? [expand, .. Before] : Before;

    /// <summary>What must hold before a deployment starts that nobody needs at once: all of these, in the file's order.</summary>
    public ValueList<GateDefinition> Gates { get; init; } = [];
}

/// <summary>How something that all versions share, such as a database, follows them. Each step runs in the version's deploy layer.</summary>
/// <param name="Expand">Adds what the version needs, and leaves what older ones use. Null: nothing is added.</param>
/// <param name="Contract">Takes away what only older versions used; none of those can come back then. Null: nothing is taken away.</param>
/// <param name="ContractAfter">How long the version must have been live here by then.</param>
public sealed record MigrationDefinition(StepDefinition? Expand, StepDefinition? Contract, TimeSpan ContractAfter);

/// <summary>How a version gets into an environment.</summary>
[System.Text.Json.Serialization.JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[System.Text.Json.Serialization.JsonDerivedType(typeof(AppsTarget), "apps")]
[System.Text.Json.Serialization.JsonDerivedType(typeof(CommandTarget), "command")]
public abstract record TargetDefinition;

/// <summary>The pipeline's apps run on the environment's agent.</summary>
/// <param name="Listen">App to <c>HOST:PORT</c> where the router takes its requests. An app that is not here does not listen.</param>
public sealed record AppsTarget(OrdinalMap<string> Listen) : TargetDefinition;

/// <summary>The environment's own command does the deployment.</summary>
/// <param name="Deploy">Run in the deploy layer with TOWPATH_PACKAGE, the folder of the app layer.</param>
/// <param name="Undo">How its effect is taken back.</param>
/// <param name="UndoCommand">Only with <see cref="UndoMode.Command"/>.</param>
/// <param name="Repeatable">False: never started twice; when its fate is unknown a person decides.</param>
public sealed record CommandTarget(StepDefinition Deploy, UndoMode Undo, StepDefinition? UndoCommand, bool Repeatable) : TargetDefinition;

public enum UndoMode
{
    /// <summary>Deploy the version before it again.</summary>
    Redeploy,

    /// <summary>Run a command.</summary>
    Command,

    /// <summary>It cannot be undone; a rollback is refused.</summary>
    None,
}

public enum QueueMode
{
    /// <summary>A newer candidate that could start supersedes the older ones that wait.</summary>
    NewestReady,

    /// <summary>Every candidate is deployed, in order.</summary>
    Every,
}

/// <summary>A question asked of a deployed version.</summary>
[System.Text.Json.Serialization.JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[System.Text.Json.Serialization.JsonDerivedType(typeof(StepCheck), "step")]
[System.Text.Json.Serialization.JsonDerivedType(typeof(HttpCheck), "http")]
public abstract record Check;

/// <summary>Passes when the step ends with 0. Runs in the deploy layer with TOWPATH_URL.</summary>
public sealed record StepCheck(StepDefinition Step) : Check;

/// <summary>Passes when the path answers with the status before the timeout.</summary>
public sealed record HttpCheck(string Path, int Status, TimeSpan Timeout) : Check;
