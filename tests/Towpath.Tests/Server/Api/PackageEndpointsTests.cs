using System.Formats.Tar;
using System.Net;
using Towpath.Engine.Git;

namespace Towpath.Tests.Server.Api;

public sealed class PackageEndpointsTests
{
    [Fact]
    public async Task A_package_that_was_built_elsewhere_gets_a_run_of_its_own()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await CommitAsync(server.Repositories);
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
        var commit = await CommitAsync(server.Repositories);
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

    private static async Task<string> CommitAsync(Repositories repositories)
    {
        repositories.Create("shop");
        async Task<string> Git(params string[] arguments)
        {
            var (code, output, errors) = await repositories.Surroundings.RunAsync(
                ["--git-dir", repositories.PathOf("shop"), .. arguments], RunningServer.Cancel);
            Assert.True(code == 0, errors);
            return output.Trim();
        }

        var tree = await Git("mktree");
        return await Git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit-tree", tree, "-m", "Sell boats");
    }

    private static ByteArrayContent Tar(params string[] files)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            foreach (var file in files)
                tar.WriteEntry(new PaxTarEntry(
                    TarEntryType.RegularFile, file) { DataStream = new MemoryStream("#!/bin/sh\n"u8.ToArray()) });
        }

        var content = new ByteArrayContent(bytes.ToArray());
        content.Headers.ContentType = new("application/x-tar");
        return content;
    }
}
