using System.Net;
using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Server;

/// <summary>A disk that is nearly full: new work is refused before anything of it is sent, and what is under way goes on.</summary>
public sealed class DiskRoomTests : IDisposable
{
    private const long Mebibyte = 1 << 20;
    private const long Total = 100_000 * Mebibyte;

    private readonly TestFolder folder = new();
    private long free = 10 * Mebibyte;

    private DiskRoom Room => new(() => (Interlocked.Read(ref free), Total));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Push_is_refused_before_anything_is_sent_and_taken_once_there_is_room()
    {
        await using var server = await GitServer.StartAsync(folder.At("data"), room: Room);
        var client = new GitClient(folder.At("work", "shop"));
        client.Commit("Open", ("towpath.yml", Git.Files.Pipeline));

        var (exitCode, text) = await client.TryAsync(["push", server.AddressOf("shop"), "main"]);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote: The server's disk is nearly full (10 MiB are free, 64 MiB have to stay free)", text, StringComparison.Ordinal);
        Assert.False(server.Repositories.Exists("shop"));

        Interlocked.Exchange(ref free, 65 * Mebibyte);
        (exitCode, text) = await client.TryAsync(["push", server.AddressOf("shop"), "main"]);
        Assert.True(exitCode == 0, text);
    }

    [Fact]
    public async Task Push_that_was_let_in_is_refused_when_the_room_goes_meanwhile()
    {
        var looks = 0;
        await using var server = await GitServer.StartAsync(
            folder.At("data"), room: new DiskRoom(() => (Interlocked.Increment(ref looks) == 1 ? Total : 0, Total)));
        var client = new GitClient(folder.At("work", "shop"));
        client.Commit("Open", ("towpath.yml", Git.Files.Pipeline));

        var (exitCode, text) = await client.TryAsync(["push", server.AddressOf("shop"), "main"]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("remote:", text, StringComparison.Ordinal);
        Assert.Contains("disk is nearly full", text, StringComparison.Ordinal);
        Assert.Empty(server.Project("shop").Requests);
    }

    [Fact]
    public async Task Uploads_and_retries_are_refused_and_what_is_under_way_goes_on()
    {
        Interlocked.Exchange(ref free, Total);
        await using var server = await RunningServer.StartAsync(room: Room);
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.False((await server.GetAsync("/api/v1/status")).GetProperty("disk").TryGetProperty("problem", out _));
        Interlocked.Exchange(ref free, 0);

        using var upload = await server.Client.PostAsync(
            $"/api/v1/projects/shop/packages?commit={Commits.First}", new ByteArrayContent([]), RunningServer.Cancel);
        Assert.Contains("nearly full", await RunningServer.DetailAsync(upload, 507), StringComparison.Ordinal);
        await server.PushAsync("shop", Commits.Second);
        await server.GoesLiveAsync("shop", "production", 2);
        using var back = await server.PostAsync("/api/v1/projects/shop/environments/production/rollback");
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Contains(
            "nearly full", (await server.GetAsync("/api/v1/status")).GetProperty("disk").GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Contains("disk is nearly full", await server.Client.GetStringAsync("/", RunningServer.Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schedule_starts_nothing_says_why_and_tells_of_what_it_missed_once_there_is_room()
    {
        await using var server = await RunningServer.StartAsync(room: Room);
        await server.PushAsync("shop", Commits.First, pipeline: RunningServer.ShopPipeline + "\ntriggers: { cron: \"0 * * * *\", zone: UTC }\n");
        await server.RunEndsAsync("shop", 1);

        server.Time.Add(TimeSpan.FromHours(3));
        await LookAsync(server);
        await Eventually.That(() => server.Plane.Project("shop")!.Schedules[0].Problem.Length > 0, "its time came");
        Assert.Equal(2, server.Plane.Project("shop")!.NextRun);
        Assert.Contains("disk is nearly full", await server.Client.GetStringAsync("/shop", RunningServer.Cancel), StringComparison.Ordinal);

        Interlocked.Exchange(ref free, Total);
        server.Time.Add(TimeSpan.FromHours(1));
        await LookAsync(server);
        await server.RunEndsAsync("shop", 2);
        Assert.Equal(3, server.Plane.Run("shop", 2)!.Request.Scheduled!.Missed);
    }

    /// <summary>Any input makes the loop look at the time.</summary>
    private static Task<string?> LookAsync(RunningServer server) =>
        server.Plane.Loop.AskAsync(StreamId.OfEnvironment("shop", "staging"), new HandOverTaken("nowhere", [1], true));

    [Theory]
    [InlineData(10 * Mebibyte, 200 * 1024, null)]
    [InlineData(10 * Mebibyte, 50 * 1024, "nearly full")]
    [InlineData(Total, 64 * Mebibyte, null)]
    [InlineData(Total, (64 * Mebibyte) - 1, "nearly full")]
    public void Small_disk_has_a_small_floor(long total, long left, string? problem)
    {
        var view = new DiskRoom(() => (left, total)).Look();

        Assert.Equal(problem is null, view.Problem is null);
        Assert.Null(new DiskRoom(() => (left, total), floor: left).Look().Problem);
    }

    [Fact]
    public void Room_of_a_real_folder_is_known()
    {
        var view = DiskRoom.Of(folder.Path).Look();

        Assert.True(view.Free > 0 && view.Total >= view.Free, view.ToString());
    }
}
