using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>
/// What only older versions needed is taken away once none of them can come back: when a version has been live for its
/// <see cref="MigrationDefinition.ContractAfter"/>, its contract step runs as a deployment of its own.
/// </summary>
public static class Migrations
{
    /// <summary>
    /// Whose contract step has to run next: older versions first, as they were written. Null: nobody's. One over which an older commit was
    /// promoted since waits until that one is gone.
    /// </summary>
    public static LiveVersion? Owed(EnvironmentState state)
    {
        if (state.Live is null)
            return null;
        var (owed, oldest) = ((LiveVersion?)null, long.MaxValue);
        for (var index = state.Versions.Count - 1; index >= 0 && !state.Versions[index].Barred; index--)
        {
            var version = state.Versions[index];
            oldest = Math.Min(oldest, version.Candidate.Order);
            if (version.Candidate.Order == oldest && state.Contracted?.Includes(version.Candidate.Run) != true && Of(state, version) is { Contract: not null })
                owed = version;
        }

        return owed;
    }

    /// <summary>When it runs, if nobody holds the environment and nothing is under way in it; null: nothing is owed.</summary>
    public static DateTimeOffset? Due(EnvironmentState state) =>
        Owed(state) is { } version ? version.Since + Of(state, version)!.ContractAfter : null;

    /// <summary>When to look at the time again for it; null: something else has to happen first.</summary>
    internal static DateTimeOffset? Deadline(EnvironmentState state, DateTimeOffset now) =>
        state is { Active: null, Hold: null } && Due(state) is { } due ? due < now ? now : due : null;

    internal static Decision<EnvironmentEvent> Begin(EnvironmentState state, DateTimeOffset now) =>
        Deadline(state, now) <= now && Owed(state) is { } version
            ? (ValueList<EnvironmentEvent>)
            [
                new DeploymentOffered(
                    state.NextDeployment, DeploymentKind.Contract, version.Candidate, null, EnvironmentMachine.Automation, null,
                    version.Release, null),
            ]
            : Decision<EnvironmentEvent>.Nothing;

    internal static RunContract CommandFor(EnvironmentState state, Deployment deployment, string id, ReleasePlan plan) =>
        new(id, plan, Past(state, deployment.Release!));

    /// <summary>From here on nothing before the version can come back, however the step ends.</summary>
    internal static EnvironmentState Remember(EnvironmentState state, int number, DateTimeOffset at) =>
        state.Deployment(number) is { } deployment && Of(state, deployment) is { } version
            ? state with
            {
                Contracted = new ContractedVersion(version.Candidate.Run, version.Candidate.Order, at)
                {
                    Before = state.Contracted is { } last && last.Order == version.Candidate.Order
                        ? last.Before.Append(last.Run).TakeLast(EnvironmentMachine.QuarantineKept).ToValueList()
                        : [],
                },
                Versions =
                [
                    .. state.Versions.TakeWhile(known => known != version).Select(before => before with { Barred = true }),
                    .. state.Versions.SkipWhile(known => known != version),
                ],
            }
            : state;

    /// <summary>What going back now would leave as it is, in a sentence; empty: nothing.</summary>
    /// <param name="to">The run to go back to; null: the version before.</param>
    public static string Leaves(EnvironmentState state, int? to = null)
    {
        var back = state.Active is null ? Rollback.Target(state, to) : state.Live;
        if (back is null)
            return "";
        var undone = state.Active is { } active ? [active.Candidate]
            : state.Versions.SkipWhile(version => version != back).Skip(1).Select(version => version.Candidate);
        var runs = undone.Where(candidate => candidate.Run != back.Candidate.Run
                && candidate.Pipeline.Environment(state.Name)?.Migrations is { Expand: not null })
            .Select(candidate => candidate.Run).Distinct().ToList();
        return runs.Count == 0 ? ""
            : $"The database stays as the expand migration of run {string.Join(" and ", runs)} made it: run {back.Candidate.Run} has to work with it.";
    }

    /// <summary>Why a version cannot come back; null: it can, as far as migrations go.</summary>
    public static string? Bars(EnvironmentState state, LiveVersion version) =>
        version.Barred && state.Contracted is { } contracted ? Reason(contracted) : null;

    /// <summary>Why a commit cannot be deployed any more; null: it can, as far as migrations go.</summary>
    internal static string? Bars(EnvironmentState state, Packages.Candidate candidate) =>
        state.Contracted is { } contracted && candidate.Order < contracted.Order ? Reason(contracted) : null;

    private static string Reason(ContractedVersion contracted) =>
        $"The contract migration of run {contracted.Run} was started at {contracted.At.UtcDateTime:yyyy-MM-dd HH:mm} UTC: it takes away what versions before it need.";

    /// <summary>The version that a contract deployment is about.</summary>
    private static LiveVersion? Of(EnvironmentState state, Deployment deployment) => state.Versions.LastOrDefault(version =>
        version.Release == deployment.Release && version.Candidate.Run == deployment.Candidate.Run);

    private static MigrationDefinition? Of(EnvironmentState state, LiveVersion version) =>
        version.Candidate.Pipeline.Environment(state.Name)?.Migrations;

    /// <summary>Releases that cannot come back; one name may stand for several versions that run the same.</summary>
    private static ValueList<string> Past(EnvironmentState state, string release)
    {
        var before = state.Versions.TakeWhile(version => version.Release != release).Select(version => version.Release);
        return before.Except(state.Versions.SkipWhile(version => version.Release != release).Select(version => version.Release)).ToValueList();
    }
}
