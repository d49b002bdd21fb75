using Towpath.Core;
using Towpath.Core.Environments;
using static Towpath.Simulation.Mutations.Mutation;

namespace Towpath.Simulation.Mutations;

/// <summary>Migrations, broken.</summary>
internal static class MigrationMutations
{
    public static IEnumerable<Mutation> All() =>
    [
        Of("a contract does not wait", Sound with
        {
            Decide = (stream, state, input, now) => Sound.Decide(stream, state is null ? null : LongLive(state), input, now),
            NextDeadline = (state, now) => Sound.NextDeadline(LongLive(state), now),
        }),
        Decides("a rollback goes behind a contract", (stream, state, input, now) => Sound.Decide(
            stream, input is RollBackEnvironment && state is EnvironmentState place ? place with { Contracted = null } : state, input, now)),
        Decides("a promotion goes behind a contract", (stream, state, input, now) => Sound.Decide(
            stream, input is Promote && state is EnvironmentState place ? place with { Contracted = null } : state, input, now)),
        Evolves("a contract that failed is forgotten", (stream, state, recorded) => Sound.Evolve(stream, state, recorded) is EnvironmentState next
            && recorded.Event is DeploymentEnded ended && next.Deployment(ended.Deployment) is { Kind: DeploymentKind.Contract }
                ? next with { Contracted = null }
                : Sound.Evolve(stream, state, recorded)),
    ];

    private static MachineState LongLive(MachineState state) => state is EnvironmentState { Versions.Count: > 0 } place
        ? place with { Versions = place.Versions.Select(version => version with { Since = DateTimeOffset.UnixEpoch }).ToValueList() }
        : state;
}
