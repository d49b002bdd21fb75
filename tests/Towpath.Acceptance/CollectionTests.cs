using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Towpath.Acceptance;

/// <summary>What is old goes by the command, also when the server dies meanwhile, and what is asked of it later is answered.</summary>
public sealed class CollectionTests
{
    [Fact]
    public async Task What_nobody_needs_goes_whenever_the_server_is_killed_and_going_back_still_works()
    {
        await using var up = new UpTowpath();
        var crossings = Path.Combine(up.Data, "crossings");
        await up.StartAsync(failpoints: crossings, more: ["--keep-runs", "1", "--keep-days", "0"]);
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "old");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production));
        for (var run = 1; run <= 4; run++)
        {
            repository.Write("public/index.html", $"Page {run}");
            await repository.CommitAsync($"{run}");
            (await repository.PushAsync()).Expect(0);
            (await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "production")).Expect(0);
        }

        // A branch's run is needed by no environment.
        (await repository.PushAsync("refs/heads/aside")).Expect(0);
        (await repository.RunAsync("runs", "wait", "5")).Expect(0);
        repository.Write("public/index.html", "Page 6");
        await repository.CommitAsync("6");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "6", "--environment", "production")).Expect(0);

        var would = (await up.RunAsync("gc", "--dry-run", "--json")).Expect(0).Json.GetProperty("runs").GetInt32();
        Assert.True(would > 0);
        Assert.InRange(await KilledAtEachCrossingAsync(up, crossings), 4, 50);

        Assert.Equal(0, (await up.RunAsync("gc", "--dry-run", "--json")).Expect(0).Json.GetProperty("runs").GetInt32());
        (await repository.RunAsync("logs", "--run", "5")).Expect(3);
        Assert.Equal(HttpStatusCode.Gone, await StatusAsync(up, "projects/old/runs/5/package"));
        Assert.Equal("succeeded", (await repository.RunAsync("runs", "show", "5", "--json")).Expect(0).Json.GetProperty("state").GetString());
        (await repository.RunAsync("rollback", "--environment", "production")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "4", "--environment", "production")).Expect(0);
        Assert.Equal("Page 4", await Site.PageAsync(production));
    }

    /// <summary>Collects until it is done, and the server is killed one crossing later each time.</summary>
    /// <returns>How often it was killed.</returns>
    private static async Task<int> KilledAtEachCrossingAsync(UpTowpath up, string crossings)
    {
        for (var n = 1; ; n++)
        {
            var before = File.ReadLines(crossings).Count(line => line.StartsWith("server ", StringComparison.Ordinal));
            await File.WriteAllTextAsync(crossings + ".kill", $"server {before + n}", TestContext.Current.CancellationToken);
            var collected = await up.RunAsync("gc");
            if (File.Exists(crossings + ".kill"))
            {
                File.Delete(crossings + ".kill");
                collected.Expect(0);
                return n - 1;
            }

            await ServesAsync(up);
        }
    }

    private static async Task ServesAsync(UpTowpath up)
    {
        for (var question = 0; question < 100; question++)
        {
            if ((await up.RunAsync("status")).Code == 0)
                return;
        }

        Assert.Fail("The server did not come back within 100 questions.");
    }

    private static async Task<HttpStatusCode> StatusAsync(UpTowpath up, string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", up.Token);
        using var answer = await http.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"{up.Url}/api/v1/{path}")), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
