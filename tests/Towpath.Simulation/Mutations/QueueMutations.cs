using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using static Towpath.Simulation.Mutations.Mutation;

namespace Towpath.Simulation.Mutations;

/// <summary>Who may start, broken.</summary>
internal static class QueueMutations
{
    public static IEnumerable<Mutation> All() =>
    [
        Decides("the lock is skipped", (stream, state, input, now) => Also(Sound.Decide(stream, state, input, now), Jump(state))),
        Decides("a hold is ignored", (stream, state, input, now) =>
            Sound.Decide(stream, state is EnvironmentState held ? held with { Hold = null } : state, input, now)),
        Decides("quarantine is forgotten", (stream, state, input, now) => Sound.Decide(
            stream, state is EnvironmentState known ? known with { Quarantine = ValueList<Quarantined>.Empty } : state, input, now)),
        Evolves("quarantine is never written down", (stream, state, recorded) => recorded.Event is PackageQuarantined ? state ?? Sound.Evolve(stream, state, recorded) : Sound.Evolve(stream, state, recorded)),
        Decides("an older commit counts as new", (stream, state, input, now) => Sound.Decide(stream, Ageless(state), input, now)),
        Evolves("a candidate need not pass the environments before", (stream, state, recorded) =>
            recorded.Event is DeploymentOffered { Kind: DeploymentKind.Deploy } offered
                ? Impatient((EnvironmentState)Sound.Evolve(stream, state, recorded)!, offered.Deployment)
                : Sound.Evolve(stream, state, recorded)),
        Decides("a candidate that was rolled back upstream stays", (stream, state, input, now) =>
            input is RevokeCandidates ? Decision<MachineEvent>.Nothing : Sound.Decide(stream, state, input, now)),
        Decides("every candidate is superseded by a newer one", (stream, state, input, now) => Sound.Decide(stream, NewestOnly(state), input, now)),
        Decides("waiting never ends", (stream, state, input, now) => Without(
            Sound.Decide(stream, state, input, now), one => one is DeploymentEnded { Status: DeploymentStatus.Refused } && input is EnvironmentClock)),
        Decides("what is superseded does not say by what", (stream, state, input, now) => Each(
            Sound.Decide(stream, state, input, now), one => one is DeploymentEnded { Status: DeploymentStatus.Superseded } ended ? ended with { SupersededBy = null } : one)),
        Of("what was rolled back is not told to those after", Sound with { Deliveries = state => Sound.Deliveries(state).Where(delivery => delivery.Input is not RevokeCandidates) }),
        Of("news stays with the environment", Sound with { Deliveries = state => state is EnvironmentState ? [] : Sound.Deliveries(state) }),
        Of("one environment never gets the package", Sound with { Deliveries = state => Sound.Deliveries(state).Where(delivery => delivery.To.Environment != "load-test") }),
        Of("receipts are lost", Sound with { Deliveries = state => Sound.Deliveries(state).Select(delivery => delivery with { Receipt = null }) }),
    ];

    private static DeploymentStarted? Jump(MachineState? state) =>
        state is EnvironmentState { Active: not null } environment && environment.Waiting.FirstOrDefault() is { } waiting
            ? new DeploymentStarted(waiting.Number, $"d{waiting.Number}", environment.Settings)
            : null;

    private static MachineState? Ageless(MachineState? state) => state is EnvironmentState environment
        ? environment with { Versions = environment.Versions.Select(version => version with { Candidate = version.Candidate with { Order = 0 } }).ToValueList() }
        : state;

    private static MachineState? NewestOnly(MachineState? state) => state is EnvironmentState environment
        ? environment with
        {
            Deployments = environment.Deployments.Select(deployment => deployment.Kind != DeploymentKind.Deploy ? deployment : deployment with
            {
                Candidate = deployment.Candidate with { Pipeline = Newest(deployment.Candidate.Pipeline) },
            }).ToValueList(),
        }
        : state;

    private static Core.Pipelines.Pipeline Newest(Core.Pipelines.Pipeline pipeline) => pipeline with
    {
        Environments = pipeline.Environments.Select(environment => environment with { Queue = Core.Pipelines.QueueMode.NewestReady }).ToValueList(),
    };

    private static EnvironmentState Impatient(EnvironmentState state, int deployment) => state with
    {
        Deployments = state.Deployments.Replace(found => found.Number == deployment, found => found with
        {
            Status = DeploymentStatus.Waiting,
            PassedIn = OrdinalMap<DateTimeOffset>.From(found.Definition(state.Name)!.After.Select(name => KeyValuePair.Create(name, found.OfferedAt))),
            WaitingSince = found.OfferedAt,
        }),
    };
}
