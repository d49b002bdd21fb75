namespace Towpath.Tests.Agent.Apps;

/// <summary>Figures of a real router.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Requests_between_two_readings_are_told_with_what_became_of_them()
    {
        await using var machine = await AppMachine.StartAsync();
        Assert.Empty((await machine.Host.ReadHealthAsync(TestContext.Current.CancellationToken)).Environments);
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        Assert.Empty((await machine.Host.ReadHealthAsync(TestContext.Current.CancellationToken)).Environments);
        for (var request = 0; request < 5; request++)
            Assert.StartsWith("d1", await machine.GetAsync());
        var told = Assert.Single((await machine.Host.ReadHealthAsync(TestContext.Current.CancellationToken)).Environments);
        Assert.Equal(("shop", "production", 5L, 0L, 5L), (told.Project, told.Environment, told.Requests, told.Failures, told.Counts.Sum()));

        // The next version is counted from its first request on.
        await machine.DeployAsync(await machine.PlanAsync("d2"));
        await machine.GetAsync();
        Assert.Equal(1, Assert.Single((await machine.Host.ReadHealthAsync(TestContext.Current.CancellationToken)).Environments).Requests);
    }
}
