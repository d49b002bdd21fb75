using Towpath.Simulation.Storage;
using static Towpath.Simulation.Mutations.Mutation;

namespace Towpath.Simulation.Mutations;

/// <summary>What is kept and when, broken.</summary>
internal static class JournalMutations
{
    public static IEnumerable<Mutation> All() =>
    [
        Swallows("the beginning of a stage is not journalled", "stage-began.v1"),
        Swallows("the end of a deployment is not journalled", "deployment-ended.v1"),
        Swallows("a hold is not journalled", "hold-set.v1"),
        Of("it acts before the journal has it", new Tamper { ActsBeforeItIsStored = true }),
        Of("a torn batch counts after a crash", new Tamper { KeepsTornTails = true }),
        Of("a crash takes back what was acknowledged", new Tamper { LosesWhatItAcknowledged = true }),
    ];

    private static Mutation Swallows(string name, string type) => Of(name, new Tamper { Swallows = entry => entry.Type == type });
}
