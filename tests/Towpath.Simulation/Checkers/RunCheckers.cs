using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;

namespace Towpath.Simulation.Checkers;

/// <summary>Guarantee 1.</summary>
internal sealed class EveryRefUpdateHasOneRun : Checker
{
    private readonly Dictionary<StreamId, RunCreated> created = [];

    public override string Promise => "Every accepted ref update has exactly one run";

    protected override string? OnStored(StreamId stream, MachineEvent stored) =>
        stored is RunCreated run && !created.TryAdd(stream, run) ? "a run was created twice" : null;

    public override string? AtTheEnd(Ending ending)
    {
        var runs = created.Values.Where(run => run.Request is { RetryOf: null, Uploaded: null }).Select(run => (run.Project, run.Request.Ref, run.Request.Commit)).Order().ToList();
        var moved = ending.Moved.Order().ToList();
        return runs.SequenceEqual(moved) ? null : $"{moved.Count} ref updates were accepted and {runs.Count} runs were made of them";
    }
}

/// <summary>Journal first, act second.</summary>
internal sealed class RecordedBeforeDone : Checker
{
    public override string Promise => "Nothing is done that is not recorded";

    public override string? OnBegun(Command command, IJournal journal)
    {
        var stream = StreamId.OfCommand(command.Id);
        return Replay(journal, stream) is { } state && Flow.Pending(state).Any(pending => pending.Id == command.Id)
            ? null
            : $"{command.Id} was begun, and after a crash nobody would know of it";
    }
}

/// <summary>Guarantee 9, and the part of 11 about the very same bytes.</summary>
internal sealed class RunsKeepTheirCommit : Checker
{
    private readonly Dictionary<string, string> commits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Digest> packages = new(StringComparer.Ordinal);

    public override string Promise => "A run uses one commit, one definition and makes one package";

    protected override string? OnStored(StreamId stream, MachineEvent stored)
    {
        if (stored is RunCreated created)
            commits[stream.Text] = created.Request.Commit;
        if (stored is PackageStored package && !packages.TryAdd(stream.Text, package.Package.Digest))
            return "a second package was stored";
        return null;
    }

    public override string? OnBegun(Command command, IJournal journal) => command switch
    {
        RunJob job when commits[$"{job.Project}/runs/{job.Run}"] is var commit && (job.Commit != commit || job.Job.Steps[0].Run != $"build {commit}") =>
            $"{job.Id} builds {job.Commit} instead of {commit}",
        StorePackage store when commits[$"{store.Project}/runs/{store.Run}"] != store.Commit => $"{store.Id} packages {store.Commit}",
        ShiftTraffic shift when packages[$"{shift.Plan.Project}/runs/{shift.Plan.Run}"] != shift.Plan.Package.Digest => $"{shift.Id} deploys other bytes than run {shift.Plan.Run} made",
        _ => null,
    };
}

/// <summary>Terminal states stay terminal, and a job has no more attempts than it may.</summary>
internal sealed class TerminalStaysTerminal : Checker
{
    private readonly HashSet<string> over = new(StringComparer.Ordinal);

    public override string Promise => "What is over stays over";

    protected override string? OnStored(StreamId stream, MachineEvent stored) => stored switch
    {
        RunEnded => over.Add(stream.Text) ? null : "the run ended twice",
        AttemptEnded ended => over.Contains(stream.Text) ? "an attempt ended after the run" : over.Add($"{stream}/{ended.Job}/{ended.Attempt}") ? null : "an attempt ended twice",
        AttemptQueued or AttemptStarted or PackageStored when over.Contains(stream.Text) => "the run went on after its end",
        Core.Environments.WentLive live => End(stream, live.Deployment),
        Core.Environments.Stopped stopped => End(stream, stopped.Deployment),
        Core.Environments.DeploymentEnded ended => End(stream, ended.Deployment),
        Core.Environments.StageBegan began when over.Contains($"{stream}/{began.Deployment}") => "a deployment went on after its end",
        Core.Environments.WithdrawalBegan began when over.Contains($"{stream}/{began.Deployment}") => "a deployment was taken back after its end",
        _ => null,
    };

    private string? End(StreamId stream, int deployment) => over.Add($"{stream}/{deployment}") ? null : "a deployment ended twice";
}

/// <summary>Every command has a stable id, and only the answer to that id ends it: late and repeated ones change nothing.</summary>
internal sealed class AnswersBelongToTheirCommand : Checker
{
    private readonly HashSet<string> answered = new(StringComparer.Ordinal);
    private readonly Dictionary<StreamId, string> underWay = [];

    public override string Promise => "Only its own answer ends a command";

    public override string? OnAnswered(string commandId)
    {
        answered.Add(commandId);
        return null;
    }

    public override string? OnBegun(Command command, IJournal journal)
    {
        if (command is AgentCommand and not RunJob)
            underWay[StreamId.OfCommand(command.Id)] = command.Id;
        return null;
    }

    protected override string? OnStored(StreamId stream, MachineEvent stored) => stored switch
    {
        AttemptEnded { Status: StepStatus.Succeeded } ended when !answered.Contains($"{stream}/jobs/{ended.Job}/attempts/{ended.Attempt}") =>
            $"attempt {ended.Attempt} of '{ended.Job}' succeeded and its agent never said so",
        Core.Environments.StageBegan { Stage: Core.Environments.Stage.Check or Core.Environments.Stage.Shift or Core.Environments.Stage.Verify }
            when underWay.TryGetValue(stream, out var command) && !answered.Contains(command) => $"{command} was passed over and its agent never answered",
        _ => null,
    };
}
