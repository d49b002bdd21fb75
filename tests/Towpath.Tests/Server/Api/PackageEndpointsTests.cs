using System.Net;
using System.Text.Json;

namespace Towpath.Tests.Server.Api;

public sealed class PackageEndpointsTests
{
    [Fact]
    public async Task A_package_that_was_built_elsewhere_gets_a_run_of_its_own()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await Packed.CommitAsync(server.Repositories);
        await server.PushAsync("shop", commit);
        await server.GoesLiveAsync("shop", "production", 1);

        using var uploaded = await server.Client.PostAsync(
            $"/api/v1/projects/shop/packages?commit={commit}", Tar("Shop"), RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.Created, uploaded.StatusCode);
        await server.GoesLiveAsync("shop", "production", 2);
        var run = await server.GetAsync("/api/v1/projects/shop/runs/2");
        Assert.Equal(0, run.GetProperty("jobs").GetArrayLength());
        var package = await server.GetAsync("/api/v1/projects/shop/runs/2/package");
        Assert.NotEqual(package.GetProperty("app").GetString(), package.GetProperty("deploy").GetString());
    }

    [Fact]
    public async Task What_is_no_package_or_for_no_commit_is_refused()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await Packed.CommitAsync(server.Repositories);
        await server.PushAsync("shop", commit);
        async Task<string> Refused(string which, HttpContent content, int status) =>
            await RunningServer.DetailAsync(
                await server.Client.PostAsync($"/api/v1/projects/shop/packages?commit={which}", content, RunningServer.Cancel), status);
        Assert.Contains("was not pushed", await Refused(Commits.Third, Tar("Shop"), 409));
        Assert.Contains("full SHA", await Refused("main", Tar("Shop"), 400));
        Assert.Contains("cannot be made", await Refused(commit, new ByteArrayContent([1, 2, 3]), 400));
        Assert.Contains("empty", await Refused(commit, Tar(), 400));
        Assert.Equal(1, (await server.GetAsync("/api/v1/projects/shop")).GetProperty("runs").GetInt32());
    }

    [Fact]
    public async Task Files_of_a_package_are_listed_and_found_by_their_path()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await Packed.CommitAsync(server.Repositories);
        await Packed.RunsMakeAsync(server, commit, "wwwroot/site.css", "bin/Shop", "wwwroot/index.html");
        await server.PushAsync("shop", commit);
        await server.RunEndsAsync("shop", 1);
        const string address = "/api/v1/projects/shop/runs/1/package/files";
        var all = await server.GetAsync(address);
        Assert.Equal(["bin/Shop", "wwwroot/index.html", "wwwroot/site.css"], Paths(all));
        Assert.Equal((true, 10), (all.GetProperty("files")[0].GetProperty("executable").GetBoolean(), all.GetProperty("files")[0].GetProperty("size").GetInt64()));
        Assert.True(all.GetProperty("whole").GetBoolean());
        var found = await server.GetAsync(address + "?find=SITE");
        Assert.Equal((1, 3), (found.GetProperty("found").GetInt32(), found.GetProperty("count").GetInt32()));
        Assert.Empty(Paths(await server.GetAsync(address + "?layer=deploy")));
        Assert.Contains("'app' or 'deploy'", await RunningServer.DetailAsync(await server.Client.GetAsync(address + "?layer=x", RunningServer.Cancel), 400));
        Assert.Contains("no run 9", await RunningServer.DetailAsync(
            await server.Client.GetAsync("/api/v1/projects/shop/runs/9/package/files", RunningServer.Cancel), 404));
    }

    [Fact]
    public async Task The_outputs_that_a_package_was_made_of_are_told()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);
        var part = (await server.GetAsync("/api/v1/projects/shop/runs/1/package")).GetProperty("parts")[0];
        Assert.Equal(("publish", 1, "local", "out"), (part.GetProperty("job").GetString(), part.GetProperty("attempt").GetInt32(),
            part.GetProperty("agent").GetString(), part.GetProperty("path").GetString()));
        var publish = server.Plane.Run("shop", 1)!.Job("publish").Attempts[^1];
        Assert.Equal(publish.Outputs.Find("shop")!.Archive.ToString(), part.GetProperty("archive").GetString());
        Assert.Contains("does not have", await RunningServer.DetailAsync(
            await server.Client.GetAsync("/api/v1/projects/shop/runs/1/package/files", RunningServer.Cancel), 503));
    }

    private static IEnumerable<string?> Paths(JsonElement listing) =>
        listing.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString());

    private static ByteArrayContent Tar(params string[] files)
    {
        var content = new ByteArrayContent(Packed.Tar(files));
        content.Headers.ContentType = new("application/x-tar");
        return content;
    }
}
