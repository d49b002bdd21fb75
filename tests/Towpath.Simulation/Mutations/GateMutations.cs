using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using static Towpath.Simulation.Mutations.Mutation;

namespace Towpath.Simulation.Mutations;

/// <summary>What stands before a deployment, broken.</summary>
internal static class GateMutations
{
    private static readonly WindowGate AlwaysOpen = new(
        [new Window(Enum.GetValues<DayOfWeek>().ToValueList(), TimeSpan.Zero, TimeSpan.FromDays(1), "UTC")], TimeSpan.FromDays(7));

    public static IEnumerable<Mutation> All() =>
    [
        Sees("a window is ignored", state => Gated(state, gate => gate is WindowGate ? AlwaysOpen : gate)),
        Sees("a freeze of the pipeline file is ignored", state => Gated(state, gate => gate is FreezeGate ? AlwaysOpen : gate)),
        Sees("a freeze on the server is ignored", state => state with { Freezes = [] }),
        Sees("an approval counts although what it replaces has changed", state => Approved(state, approval => [approval with { Replaces = Approvals.Replaces(state) }])),
        Sees("an approval counts although the settings have changed", state => Approved(state, approval => [approval with { Settings = state.Settings.Revision }])),
        Sees("one person counts twice", state => Approved(state, approval => [approval, approval with { By = approval.By + " again" }])),
        Sees("anybody may approve", state => Gated(state, gate => gate is ApprovalGate approval ? approval with { By = [] } : gate)),
        Sees("who passes over gates needs no approval", state => Gated(state, gate => gate is ApprovalGate ? AlwaysOpen : gate, deployment => deployment.Override is not null)),
        Sees("soak time counts from the first environment", state => Waiting(state, deployment => deployment with
        {
            PassedIn = OrdinalMap<DateTimeOffset>.From(deployment.PassedIn.Select(passed => KeyValuePair.Create(passed.Key, deployment.PassedIn.Values.Min()))),
        })),
        Sees("soak time counts from the offer of the one before", state => Waiting(state, deployment => deployment with
        {
            PassedIn = OrdinalMap<DateTimeOffset>.From(deployment.PassedIn.Select(passed => KeyValuePair.Create(passed.Key, passed.Value.AddMinutes(-5)))),
        })),
        Of("the deadline of a gate is dropped", Sound with
        {
            Decide = (stream, state, input, now) => Sound.Decide(stream, Patient(state), input, now),
            NextDeadline = (state, now) => Sound.NextDeadline(Patient(state)!, now),
        }),
        Of("nobody looks when a window opens", Sound with
        {
            NextDeadline = (state, now) => Sound.NextDeadline(state is EnvironmentState place ? Gated(place, gate => AlwaysOpen) with { Freezes = [] } : state, now),
        }),
        Decides("a freeze stops a rollback", (stream, state, input, now) => Without(
            Sound.Decide(stream, state, input, now),
            one => input is RollBackEnvironment && one is DeploymentStarted or StageBegan && state is EnvironmentState { Freezes: var freezes } && freezes.Any(freeze => freeze.Includes(now)))),
        Decides("a webhook's no is a yes", (stream, state, input, now) => Sound.Decide(
            stream, state, input is StageAnswered { Outcome: Outcome.Failed } answered && answered.CommandId.Contains("/gate-", StringComparison.Ordinal)
                ? answered with { Outcome = Outcome.Succeeded }
                : input, now)),
        Decides("a promotion passes over every gate", (stream, state, input, now) => Sound.Decide(
            stream, state, input is Promote promote ? promote with { Override = "Because." } : input, now)),
        Decides("a newer candidate supersedes whatever waits at a gate", (stream, state, input, now) => Also(
            Sound.Decide(stream, state, input, now), input is OfferCandidate ? Overtake(state as EnvironmentState) : null)),
        Of("a webhook is asked what is not recorded", Sound with
        {
            Pending = state => Sound.Pending(state).Select(command => command is AskWebhook ask ? ask with { Id = ask.Id + "0" } : command),
        }),
    ];

    /// <summary>The machine decides as if the state were another one.</summary>
    private static Mutation Sees(string name, Func<EnvironmentState, EnvironmentState> change) => Decides(
        name, (stream, state, input, now) => Sound.Decide(stream, state is EnvironmentState place ? change(place) : state, input, now));

    private static MachineState? Patient(MachineState? state) => state is EnvironmentState place
        ? Gated(place, gate => gate with { Within = TimeSpan.FromDays(8) })
        : state;

    private static EnvironmentState Waiting(EnvironmentState state, Func<Deployment, Deployment> change) => state with
    {
        Deployments = state.Deployments.Replace(deployment => deployment.Status == DeploymentStatus.Waiting, change),
    };

    private static EnvironmentState Approved(EnvironmentState state, Func<Approval, IEnumerable<Approval>> change) =>
        Waiting(state, deployment => deployment with { Approvals = deployment.Approvals.SelectMany(change).ToValueList() });

    private static EnvironmentState Gated(EnvironmentState state, Func<GateDefinition, GateDefinition> change, Func<Deployment, bool>? of = null) =>
        Waiting(state, deployment => of?.Invoke(deployment) == false || deployment.Definition(state.Name) is not { Gates.Count: > 0 } ? deployment : deployment with
        {
            Candidate = deployment.Candidate with
            {
                Pipeline = deployment.Candidate.Pipeline with
                {
                    Environments = deployment.Candidate.Pipeline.Environments.Replace(
                        place => place.Name == state.Name, place => place with { Gates = place.Gates.Select(change).ToValueList() }),
                },
            },
        });

    private static DeploymentEnded? Overtake(EnvironmentState? state)
    {
        var waiting = state?.Waiting.Where(deployment => deployment.Kind == DeploymentKind.Deploy).OrderBy(deployment => deployment.Candidate.Order).ToList();
        return waiting is [{ Status: DeploymentStatus.Waiting } older, .., { Status: DeploymentStatus.Offered } newer]
            ? new DeploymentEnded(older.Number, DeploymentStatus.Superseded, "", newer.Number)
            : null;
    }
}
