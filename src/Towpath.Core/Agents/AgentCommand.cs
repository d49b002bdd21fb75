using System.Text.Json.Serialization;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Agents;

/// <summary>Work for an agent. Each gets exactly one <see cref="AgentAnswer"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RunJob), "run-job")]
[JsonDerivedType(typeof(StartRelease), "start-release")]
[JsonDerivedType(typeof(CheckRelease), "check-release")]
[JsonDerivedType(typeof(SurveyTraffic), "survey-traffic")]
[JsonDerivedType(typeof(MeasureTraffic), "measure-traffic")]
[JsonDerivedType(typeof(ShiftTraffic), "shift-traffic")]
[JsonDerivedType(typeof(WithdrawRelease), "withdraw-release")]
[JsonDerivedType(typeof(DeployTarget), "deploy-target")]
[JsonDerivedType(typeof(VerifyTarget), "verify-target")]
[JsonDerivedType(typeof(UndoTarget), "undo-target")]
[JsonDerivedType(typeof(RunContract), "run-contract")]
[JsonDerivedType(typeof(AskWebhook), "ask-webhook")]
public abstract record AgentCommand(string Id) : Command(Id);

/// <summary>One attempt of a job: a fresh workspace at the commit, the steps in order, then reports and outputs. Answered with <see cref="JobEnded"/>.</summary>
/// <param name="Ref">The full ref, <c>refs/heads/main</c>.</param>
/// <param name="Inputs">Outputs of the jobs it needs: <c>job.output</c> to the stored archive that is unpacked at the path it had.</param>
/// <param name="Repository">The bare repository's folder, readable for the agent: the workspace borrows its objects.</param>
/// <param name="TakenBy">The agent that runs it already: no other one may. Null: none does yet.</param>
public sealed record RunJob(
    string Id,
    string Project,
    int Run,
    int Attempt,
    string Commit,
    string Ref,
    JobDefinition Job,
    OrdinalMap<StoredOutput> Inputs,
    string? Repository = null,
    string? TakenBy = null) : AgentCommand(Id);

/// <summary>A stage of a deployment.</summary>
/// <param name="Plan">The release that it is about.</param>
public abstract record StageCommand(string Id, ReleasePlan Plan) : AgentCommand(Id);

/// <summary>Unpack, run <c>before</c>, start the instances on ports of their own. No traffic moves. Answered with <see cref="StageEnded"/>.</summary>
public sealed record StartRelease(string Id, ReleasePlan Plan) : StageCommand(Id, Plan);

/// <summary>Alive, listening on a socket of their own, healthy; then <c>verify</c> against the private address. Answered with <see cref="StageEnded"/>.</summary>
/// <param name="Verify">False for a rollback: only health is asked.</param>
public sealed record CheckRelease(string Id, ReleasePlan Plan, bool Verify) : StageCommand(Id, Plan);

/// <summary>
/// What the router has counted of the live release so far, and how much traffic there is now; nothing moves. Answered with <see cref="StageEnded"/> and its
/// <see cref="StageEnded.History"/>.
/// </summary>
/// <param name="For">How long to count how much there is.</param>
public sealed record SurveyTraffic(string Id, ReleasePlan Plan, string Live, TimeSpan For) : StageCommand(Id, Plan);

/// <summary>
/// Give the release its share beside the live one, and count what both answer for a while. It lends the release its traffic
/// for <see cref="For"/> and a little more from now: when no further command comes, because nobody judges any more, it gets none.
/// Answered with <see cref="StageEnded"/>, its <see cref="StageEnded.Traffic"/> and its <see cref="StageEnded.Samples"/>.
/// </summary>
/// <param name="Share">From 0 to 1.</param>
/// <param name="Sticky">A client stays with the release that it got.</param>
/// <param name="For">How long to count.</param>
/// <param name="Edges">Milliseconds: how many requests took longer than each of these is counted.</param>
public sealed record MeasureTraffic(
    string Id, ReleasePlan Plan, string Live, double Share, bool Sticky, TimeSpan For, ValueList<double> Edges) : StageCommand(Id, Plan)
{
    private static readonly TimeSpan BetweenTwo = TimeSpan.FromSeconds(20);

    /// <summary>Whose requests all go to the release; null: nobody's.</summary>
    public TestersDefinition? Testers { get; init; }

    /// <summary>To be asked meanwhile.</summary>
    public ValueList<MetricQuestion> Metrics { get; init; } = [];

    /// <summary>How long the release may have its share when no further command comes.</summary>
    public TimeSpan Lease => For + BetweenTwo;
}

/// <summary>Move all traffic to the release, then exchange apps without overlap. The old release drains and stays warm. Answered with <see cref="StageEnded"/>.</summary>
public sealed record ShiftTraffic(string Id, ReleasePlan Plan) : StageCommand(Id, Plan)
{
    /// <summary>Releases that a person goes back behind: no targets of a rollback on the machine itself.</summary>
    public ValueList<string> Undone { get; init; } = [];
}

/// <summary>Move traffic back to <paramref name="BackTo"/> where it had moved, then drain and stop the release. Answered with <see cref="StageEnded"/>.</summary>
/// <param name="BackTo">The release that was live before; null: none, and the router keeps the port and answers 503.</param>
public sealed record WithdrawRelease(string Id, ReleasePlan Plan, string? BackTo) : StageCommand(Id, Plan);

/// <summary>Run a command target's deploy command. Answered with <see cref="StageEnded"/>.</summary>
public sealed record DeployTarget(string Id, ReleasePlan Plan) : StageCommand(Id, Plan);

/// <summary>Run <c>verify</c> after a command target deployed. Answered with <see cref="StageEnded"/>.</summary>
public sealed record VerifyTarget(string Id, ReleasePlan Plan) : StageCommand(Id, Plan);

/// <summary>Take a command target's effect back: its undo command, or the deploy command of the version before. Answered with <see cref="StageEnded"/>.</summary>
/// <param name="Previous">Null when there was none.</param>
public sealed record UndoTarget(string Id, ReleasePlan Plan, ReleasePlan? Previous) : StageCommand(Id, Plan);

/// <summary>Run the version's contract migration in its deploy layer. Answered with <see cref="StageEnded"/>.</summary>
/// <param name="Past">Releases that cannot come back from now on, also not by a rollback on the machine itself.</param>
public sealed record RunContract(string Id, ReleasePlan Plan, ValueList<string> Past) : StageCommand(Id, Plan);

/// <summary>
/// Ask a program elsewhere whether a deployment may start. Changes nothing, and has no log. Answered with <see cref="StageEnded"/>:
/// succeeded is yes, failed is no, and everything else is neither.
/// </summary>
/// <param name="Agent">The environment's; null: the one on the server's machine.</param>
/// <param name="Plan">What is asked about.</param>
public sealed record AskWebhook(string Id, string? Agent, string Url, WebhookPlan Plan) : AgentCommand(Id)
{
    /// <inheritdoc cref="WebhookGate.Headers"/>
    public OrdinalMap<string> Headers { get; init; } = OrdinalMap<string>.Empty;
}

/// <summary>A deployment as a webhook hears of it. These names are a promise to its authors.</summary>
/// <param name="Replaces">What is live, or will be when the deployment begins; null: nothing.</param>
public sealed record WebhookPlan(
    string Project, string Environment, int Deployment, int Run, string Commit, string Digest, ReplacedVersion? Replaces);

public sealed record ReplacedVersion(int Run, string Commit);

/// <summary>All that an agent needs to run one version in one environment.</summary>
/// <param name="Release">Names the running version in its environment: <c>d12</c>, after the deployment that started it.</param>
/// <param name="Definition">Of the environment.</param>
/// <param name="Variables">The server's variables for the environment; they win over <see cref="EnvironmentDefinition.Env"/>.</param>
public sealed record ReleasePlan(
    string Project,
    string Environment,
    string Release,
    int Run,
    string Commit,
    Package Package,
    ValueList<AppDefinition> Apps,
    EnvironmentDefinition Definition,
    OrdinalMap<string> Variables);

/// <summary>The end of a command.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(JobEnded), "job-ended")]
[JsonDerivedType(typeof(StageEnded), "stage-ended")]
public abstract record AgentAnswer(Outcome Outcome, string Reason);

/// <param name="Reason">One sentence when it did not succeed; else empty.</param>
/// <param name="Tests">Null when the job reports none.</param>
/// <param name="Outputs">Name to what was stored.</param>
public sealed record JobEnded(
    Outcome Outcome,
    string Reason,
    ValueList<StepResult> Steps,
    TestResults? Tests,
    OrdinalMap<StoredOutput> Outputs) : AgentAnswer(Outcome, Reason);

/// <param name="Reason">One sentence when it did not succeed; else empty.</param>
public sealed record StageEnded(Outcome Outcome, string Reason) : AgentAnswer(Outcome, Reason)
{
    /// <summary>Only of <see cref="SurveyTraffic"/>.</summary>
    public TrafficHistory? History { get; init; }

    /// <summary>Only of <see cref="MeasureTraffic"/>; null when nothing could be counted that says anything, as over a restart of the router.</summary>
    public TrafficMeasure? Traffic { get; init; }

    /// <summary>Only of <see cref="MeasureTraffic"/>: one for each of its questions.</summary>
    public ValueList<MetricSample> Samples { get; init; } = [];
}

/// <summary>An archive (tar) in the store, and the path in the workspace that it was made of.</summary>
public sealed record StoredOutput(Digest Archive, string Path);

public enum StepStatus
{
    Queued,
    Running,
    Succeeded,
    Failed,
    Errored,
    Canceled,
    Skipped,
}

/// <param name="ExitCode">Null when it was not started, was ended, or nobody saw its end.</param>
/// <param name="StartedAt">Null: nothing of it ran.</param>
/// <param name="Reason">One sentence when it did not succeed; else empty.</param>
public sealed record StepResult(
    string Name,
    StepStatus Status,
    int? ExitCode,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    string Reason = "");

/// <summary>What test reports said.</summary>
/// <param name="FailedTests">At most 200, in the order of the reports.</param>
public sealed record TestResults(int Passed, int Failed, int Skipped, ValueList<FailedTest> FailedTests);

/// <param name="Message">At most 4,000 characters.</param>
public sealed record FailedTest(string Name, string Message);

/// <summary>What an agent says of work under way. Only for people: losing it changes nothing.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(WorkStarted), "work-started")]
[JsonDerivedType(typeof(StepMoved), "step-moved")]
[JsonDerivedType(typeof(StageNote), "stage-note")]
public abstract record AgentProgress;

/// <summary>The command left the agent's queue. A run counts as running from here.</summary>
public sealed record WorkStarted(string Agent) : AgentProgress;

public sealed record StepMoved(int Index, StepResult Step) : AgentProgress;

/// <summary>A line about a deployment: <c>web/0 is healthy after 1.2 s</c>.</summary>
public sealed record StageNote(string Text) : AgentProgress;
