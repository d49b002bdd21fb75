namespace Towpath.Acceptance;

/// <summary>A database that follows the versions, from the push to the way back that is closed.</summary>
public sealed class MigrationTests(UpFixture fixture)
{
    private readonly UpTowpath up = fixture.Up;

    [Fact]
    public async Task The_way_back_is_open_until_something_is_taken_away()
    {
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "migrating");
        var database = Path.Combine(up.Data, "agent", "apps", "migrating", "production", "home", "database");
        await CommitAsync(repository, production, "one", contract: false);
        await CommitAsync(repository, production, "two", contract: false);
        await ExpectLiveAsync(repository, 2);
        Assert.Equal("expand one\nexpand two\n", await File.ReadAllTextAsync(database, TestContext.Current.CancellationToken));
        var back = (await repository.RunAsync("rollback", "--environment", "production")).Expect(0);
        Assert.StartsWith("! The database stays as the expand migration of run 2 made it: run 1 has to work with it.", back.Output, StringComparison.Ordinal);
        await AtRestAsync(repository, 3, "rollback");
        (await repository.RunAsync("resume", "--environment", "production")).Expect(0);

        await CommitAsync(repository, production, "three", contract: true);
        await ExpectLiveAsync(repository, 3);
        await AtRestAsync(repository, 5, "contract");
        Assert.EndsWith("expand three\ncontract three\n", await File.ReadAllTextAsync(database, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var refused = (await repository.RunAsync("rollback", "--environment", "production")).Expect(3);
        Assert.Contains("The contract migration of run 3 was started at", refused.Errors, StringComparison.Ordinal);
        var alone = (await repository.RunAsync("agent", "rollback", "--environment", "production")).Expect(1);
        Assert.Contains("cannot come back: a contract migration took away what it needs", alone.Output + alone.Errors, StringComparison.Ordinal);
        Assert.Equal("three", await Site.PageAsync(production));
    }

    private static async Task CommitAsync(Repository repository, int port, string page, bool contract)
    {
        repository.Write("towpath.yml", $$"""
            jobs:
              build: { steps: ["true"] }
            package: .
            app: { static: public/ }
            migrations: { expand: echo expand {{page}} >> $HOME/database{{(contract ? $", contract: echo contract {page} >> $HOME/database" : "")}}, contractAfter: 0s }
            environments:
              production: { listen: {{port}}, keepWarm: 0s }
            """);
        repository.Write("public/index.html", page);
        await repository.CommitAsync(page);
        (await repository.PushAsync()).Expect(0);
    }

    private static async Task AtRestAsync(Repository repository, int number, string kind)
    {
        for (var question = 0; question < 300; question++)
        {
            var last = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json.GetProperty("deployment");
            if (last.GetProperty("number").GetInt32() == number && last.GetProperty("state").GetString() == "live")
            {
                Assert.Equal(kind, last.GetProperty("kind").GetString());
                return;
            }
        }

        Assert.Fail($"Deployment {number} did not become live within 300 questions.");
    }

    private static async Task ExpectLiveAsync(Repository repository, int run) =>
        (await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "production")).Expect(0);
}
