using Towpath.Simulation;
using Towpath.Simulation.Mutations;

namespace Towpath.Tests.Simulation;

/// <summary>A fixed set of seeds; <c>dotnet run -c Release --project tests/Towpath.Simulation -- --minutes M --from S</c> runs others.</summary>
public sealed class SimulationTests
{
    private static readonly Lazy<Weather> Storms = new(() => Seeds.Run(from: 101, count: 100, TimeSpan.MaxValue));

    public static TheoryData<string> Mutations => [.. Mutation.All.Select(mutation => mutation.Name)];

    [Fact]
    public void No_promise_is_broken_in_a_hundred_storms() => Assert.Empty(
        Storms.Value.Broken.Select(broken => $"seed {broken.Seed}: {broken.Violation}\n{string.Join('\n', broken.Story.TakeLast(80))}"));

    [Fact]
    public void Every_rare_path_is_walked() => Assert.Empty(Storms.Value.Marks.Missing);

    [Fact]
    public void A_path_that_nobody_walked_is_missing()
    {
        var marks = new Marks();
        marks.Reach(Mark.TornTailCut);
        Assert.Equal([Mark.TornTailCut], marks.Reached);
        Assert.DoesNotContain(Mark.TornTailCut, marks.Missing);
        Assert.Contains(Mark.AgentLost, marks.Missing);
    }

    /// <summary>Each of these seeds broke a promise once; what was wrong stands beside it.</summary>
    [Theory]
    [InlineData(23, "a rollback was told downstream only after the other inputs of its batch")]
    [InlineData(106, "the same, and the environment that started was a later one")]
    [InlineData(100_304, "a rollback to what had been taken back meanwhile undid all that had ever been live")]
    [InlineData(500_371, "a rollback that nobody decided on was rolled back, and a checker took what is live for what was taken back")]
    [InlineData(7_003_183, "a run that came back after a retry of its commit had its contract migration started twice")]
    [InlineData(30_008_946, "a rollback waited for what had been promoted before it, and whose gate opened at that moment")]
    [InlineData(180_000_484, "what was promoted before a rollback came before it, and the undo command led elsewhere")]
    [InlineData(180_002_705, "a contract migration that was due started after an older commit had been promoted at the same moment")]
    [InlineData(60_014_430, "what had waited too long twice was offered afresh by its first time, which had not heard of the rollback before")]
    public void A_seed_that_found_something_once_finds_nothing_now(int seed, string found)
    {
        Assert.NotEmpty(found);
        Assert.Null(Run(seed).Violation);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(7)]
    public void The_same_seed_tells_the_same_story(int seed) => Assert.Equal(Run(seed).Story, Run(seed).Story);

    [Theory]
    [MemberData(nameof(Mutations))]
    public void A_broken_machine_is_found(string name) =>
        Assert.NotNull(Seeds.Find(Mutation.All.Single(mutation => mutation.Name == name), from: 1, TimeSpan.FromSeconds(60)).Seeds);

    private static Towpath.Simulation.Simulation Run(int seed)
    {
        var simulation = new Towpath.Simulation.Simulation(seed);
        simulation.Run();
        return simulation;
    }
}
