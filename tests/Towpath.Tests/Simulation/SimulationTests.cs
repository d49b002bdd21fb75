using Towpath.Simulation;

namespace Towpath.Tests.Simulation;

/// <summary>A fixed set of seeds; <c>dotnet run -c Release --project tests/Towpath.Simulation -- --seeds N --from S</c> runs more.</summary>
public sealed class SimulationTests
{
    public static TheoryData<string> Mutations => [.. Mutation.All.Select(mutation => mutation.Name)];

    [Fact]
    public void No_promise_is_broken_in_a_hundred_storms()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var simulation = Run(seed, null);
            Assert.True(simulation.Violation is null, $"seed {seed}: {simulation.Violation}\n{string.Join('\n', simulation.Story.TakeLast(80))}");
        }
    }

    [Theory]
    [InlineData(345)]
    public void A_deployment_that_needs_a_decision_ends_when_it_is_canceled_although_nothing_can_be_undone(int seed) => Assert.Null(Run(seed, null).Violation);

    [Fact]
    public void The_same_seed_tells_the_same_story() => Assert.Equal(Run(7, null).Inputs, Run(7, null).Inputs);

    [Theory]
    [MemberData(nameof(Mutations))]
    public void A_broken_machine_is_found(string name)
    {
        var mutation = Mutation.All.Single(mutation => mutation.Name == name);
        Assert.Contains(Enumerable.Range(1, 60), seed => Run(seed, mutation).Violation is not null);
    }

    private static Towpath.Simulation.Simulation Run(int seed, Mutation? mutation)
    {
        var simulation = new Towpath.Simulation.Simulation(seed, mutation);
        simulation.Run();
        return simulation;
    }
}
