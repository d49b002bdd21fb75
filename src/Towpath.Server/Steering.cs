using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Retention;
using Towpath.Engine.Views;
using Towpath.Server.Api;

namespace Towpath.Server;

/// <summary>What people can ask of runs and environments, for pages and API alike.
/// The machines decide; this looks first whether the thing exists.</summary>
public sealed class Steering(ControlPlane plane, Inventory inventory, RunsInUse inUse, DiskRoom? room = null)
{
    /// <summary>The longest reason that a person may give, in characters.</summary>
    public const int ReasonAtMost = 500;

    public Task<Asked> CancelRunAsync(string project, int run, string by) => OnRunAsync(project, run, async _ =>
        await AskAsync(StreamId.OfRun(project, run), new CancelRun(by)));

    /// <summary>A new run of the same commit; its number is in the answer.</summary>
    public Task<Asked> RetryAsync(string project, int number, string by) => OnRunAsync(project, number, async run =>
    {
        if (!run.IsOver)
            return Asked.Refused($"Run {number} is not over: wait for its end, or cancel it first.");
        if (run.Status == RunStatus.Succeeded)
            return Asked.Refused(
                $"Run {number} succeeded and is not built again: "
                + $"'towpath redeploy' or 'towpath promote --run {number}' deploys its package once more.");
        if (room?.Look().Problem is { } full)
            return Asked.Refused(full);
        var asked = await AskAsync(StreamId.OfProject(project), new RequestRetry(number, by));
        return asked.Status == AskedStatus.Taken
            ? asked with { Run = plane.Project(project)!.Requests.Last(request => request.RetryOf == number).Number }
            : asked;
    });

    /// <param name="to">The run to go back to; null: the version before.</param>
    public Task<Asked> RollBackAsync(string project, string environment, string by, string? reason, int? to = null) =>
        OnEnvironmentAsync(project, environment, reason, _ => new RollBackEnvironment(by, Reason(reason, "Rolled back by hand.")) { To = to });

    public Task<Asked> StopAsync(string project, string environment, string by) =>
        OnEnvironmentAsync(project, environment, null, _ => new StopEnvironment(by));

    public Task<Asked> HoldAsync(string project, string environment, string by, string? reason) =>
        OnEnvironmentAsync(project, environment, reason, _ => new HoldEnvironment(by, Reason(reason, "Held by hand.")));

    public Task<Asked> ResumeAsync(string project, string environment, string by) =>
        // What waited too long under the hold is needed as before, only for another reason.
        inUse.WhileHeldAsync(() => OnEnvironmentAsync(project, environment, null, _ => new ResumeEnvironment(by)));

    public Task<Asked> CancelDeploymentAsync(string project, string environment, int deployment, string by) =>
        OnEnvironmentAsync(project, environment, null, _ => new CancelDeployment(deployment, by));

    public Task<Asked> AcceptAsync(string project, string environment, int deployment, string by) =>
        OnEnvironmentAsync(project, environment, null, _ => new AcceptDeployment(deployment, by));

    /// <param name="replaces">The deployment that the person has seen it replace; null: whatever it does.</param>
    /// <param name="settings">The revision that the person has seen it bring; null: whichever.</param>
    public Task<Asked> ApproveAsync(string project, string environment, int deployment, int? replaces, int? settings, string by) =>
        OnEnvironmentAsync(project, environment, null, _ => new ApproveDeployment(deployment, by, replaces, settings));

    /// <summary>Lets nothing start for a time.</summary>
    public Task<Asked> FreezeAsync(string project, string environment, FreezeBody freeze, string by)
    {
        var zone = freeze.Zone ?? "UTC";
        if (Calendar.Local(plane.Now, zone) is null)
            return Task.FromResult(Asked.Invalid($"'{zone}' is no time zone that the server knows: write a name such as Europe/Amsterdam or UTC."));
        var until = FreezePeriod.Moment(freeze.Until, isEnd: true);
        var from = freeze.From is null ? null : FreezePeriod.Moment(freeze.From, isEnd: false);
        if (until is null || (from is null && freeze.From is not null))
            return Task.FromResult(Asked.Invalid(
                $"'{(until is null ? freeze.Until : freeze.From)}' is no time: write a day, or a day and a time, such as 2026-12-24 or \"2026-12-24 08:00\"."));
        var begin = from is { } local ? Calendar.Instant(local, zone, isLast: false)!.Value : plane.Now;
        return OnEnvironmentAsync(project, environment, freeze.Reason, _ => new FreezeEnvironment(
            by, Reason(freeze.Reason, "Frozen by hand."), begin, Calendar.Instant(until.Value, zone, isLast: true)!.Value));
    }

    public Task<Asked> UnfreezeAsync(string project, string environment, string by) =>
        OnEnvironmentAsync(project, environment, null, _ => new UnfreezeEnvironment(by));

    /// <summary>Lets the canary under way go on.</summary>
    /// <param name="toEnd">All traffic moves; else the next step begins.</param>
    public Task<Asked> AdvanceAsync(string project, string environment, bool toEnd, string by) =>
        OnEnvironmentAsync(project, async found => found.Active is not { } active
            ? Asked.Refused($"No deployment is under way in '{environment}'.")
            : await AskAsync(StreamId.OfEnvironment(project, environment), new AdvanceDeployment(active.Number, toEnd, by)), environment);

    /// <summary>Deploys the candidate of a chosen run.</summary>
    /// <param name="confirmOlder">The person knows that what is live is newer.</param>
    /// <param name="overriding">Why gates are passed over, approvals excepted; null: they hold.</param>
    public Task<Asked> PromoteAsync(string project, string environment, int run, bool confirmOlder, string? overriding, string by) =>
        OnEnvironmentAsync(project, async found =>
    {
        if (overriding is not null && (string.IsNullOrWhiteSpace(overriding) || overriding.Length > ReasonAtMost))
            return Asked.Invalid($"Passing over gates wants a reason, of at most {ReasonAtMost} characters.");
        if (!confirmOlder && Newer(found, run) is { } newer)
            return Asked.Refused(
                $"Run {run} is older than run {newer}, which is live in '{environment}': "
                + "confirm to go back (confirmOlder); the environment is held afterwards.");
        return await inUse.WhileHeldAsync(async () => Collected(project, run) is { } gone
            ? Asked.Refused($"{gone} It cannot be deployed any more: push its commit again.")
            : await AskAsync(StreamId.OfEnvironment(project, environment), new Promote(run, by) { Override = overriding?.Trim() }));
    }, environment);

    /// <summary>One sentence when package and logs of the run are not kept any more; else null.</summary>
    public string? Collected(string project, int run) => plane.Run(project, run)?.Collected is { } at ? RunView.CollectedSentence(run, at) : null;

    /// <summary>Deploys what is live, or was when the environment was stopped, once more.</summary>
    public Task<Asked> RedeployAsync(string project, string environment, string by) => OnEnvironmentAsync(project, async found =>
        found.Versions.Count == 0
            ? Asked.Refused($"Nothing was ever live in '{environment}', so there is nothing to deploy again.")
            : await AskAsync(StreamId.OfEnvironment(project, environment), new Promote(found.Versions[^1].Candidate.Run, by)), environment);

    public async Task<Asked> AskAsync(StreamId stream, MachineInput input) =>
        await plane.Loop.AskAsync(stream, input) is { } refusal ? Asked.Refused(refusal) : Asked.Taken;

    /// <summary>The run that is live and newer than the given one; null when none is.</summary>
    public static int? Newer(EnvironmentState environment, int run) =>
        environment is { Versions: [.., var live] } && live.Candidate.Run != run
        && environment.Deployments.FirstOrDefault(deployment => deployment.Candidate.Run == run) is { } older
        && older.Candidate.Order < live.Candidate.Order
            ? live.Candidate.Run
            : null;

    private async Task<Asked> OnRunAsync(string project, int number, Func<RunState, Task<Asked>> ask)
    {
        if (plane.Project(project) is null)
            return Asked.NoProject(project);
        return plane.Run(project, number) is { } run ? await ask(run) : Asked.NoRun(project, number);
    }

    private Task<Asked> OnEnvironmentAsync(
        string project, string environment, string? reason, Func<EnvironmentState, EnvironmentInput> input) =>
        OnEnvironmentAsync(project, async found => reason?.Length > ReasonAtMost
            ? Asked.Invalid($"The reason has {reason.Length} characters; use at most {ReasonAtMost}.")
            : await AskAsync(StreamId.OfEnvironment(project, environment), input(found)), environment);

    private async Task<Asked> OnEnvironmentAsync(string project, Func<EnvironmentState, Task<Asked>> ask, string environment)
    {
        if (plane.Project(project) is not { } known)
            return Asked.NoProject(project);
        return inventory.Environment(known, environment) is { } found ? await ask(found) : Asked.NoEnvironment(project, environment);
    }

    private static string Reason(string? given, string otherwise) => string.IsNullOrWhiteSpace(given) ? otherwise : given.Trim();
}
