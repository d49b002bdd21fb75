using Towpath.Engine.Logs;
using Towpath.Server.Logs;

namespace Towpath.Tests.Server.Logs;

public sealed class LogEndsTests
{
    private const string Log = "shop/runs/1/jobs/test/attempts/1";

    [Fact]
    public async Task All_who_watch_are_told_the_same_end_which_is_made_once()
    {
        await using var server = await RunningServer.StartAsync();
        await server.LogAsync(Log, 1, false, "one", "two");
        var ends = Ends(server);
        var made = 0;
        await using var first = ends.WatchAsync(Log, Show, RunningServer.Cancel).GetAsyncEnumerator(RunningServer.Cancel);
        await using var second = ends.WatchAsync(Log, Show, RunningServer.Cancel).GetAsyncEnumerator(RunningServer.Cancel);
        Assert.True(await first.MoveNextAsync());
        Assert.True(await second.MoveNextAsync());
        Assert.Same(first.Current, second.Current);
        Assert.Equal((1, 2, false, "two"), (made, first.Current.Count, first.Current.Complete, first.Current.Last[^1].Text));
        await server.LogAsync(Log, 3, true, "three");
        while (!first.Current.Complete)
            Assert.True(await first.MoveNextAsync());
        Assert.Equal(3, first.Current.Count);
        Assert.False(await first.MoveNextAsync());

        LogEnd Show(LogEnd end)
        {
            Interlocked.Increment(ref made);
            return end;
        }
    }

    [Fact]
    public async Task End_holds_the_last_lines_only_and_never_much_text()
    {
        await using var server = await RunningServer.StartAsync();
        await server.LogAsync(Log, 1, false, [.. Enumerable.Range(1, 500).Select(number => $"line {number}")]);
        var end = await FirstAsync(server);
        Assert.Equal((500, LogEnds.LinesAtMost, 441, 500), (end.Count, end.Last.Count, end.Last[0].Number, end.Last[^1].Number));
        await server.LogAsync(Log, 501, false, [.. Enumerable.Range(1, 9).Select(_ => new string('x', 1000))]);
        end = await FirstAsync(server);
        Assert.Equal((509, 8, 502), (end.Count, end.Last.Count, end.Last[0].Number));
        await server.LogAsync(Log, 510, true, new string('x', 60_000));
        end = await FirstAsync(server);
        Assert.Equal((510, 0, true), (end.Count, end.Last.Count, end.Complete));
    }

    [Fact]
    public async Task Whoever_comes_late_is_told_where_the_log_is_and_whoever_is_slow_the_newest_only()
    {
        await using var server = await RunningServer.StartAsync();
        await server.LogAsync(Log, 1, false, "one");
        var ends = Ends(server);
        await using var slow = ends.WatchAsync(Log, end => end, RunningServer.Cancel).GetAsyncEnumerator(RunningServer.Cancel);
        Assert.True(await slow.MoveNextAsync());
        await using var quick = ends.WatchAsync(Log, end => end, RunningServer.Cancel).GetAsyncEnumerator(RunningServer.Cancel);
        for (var number = 2; number <= 4; number++)
        {
            await server.LogAsync(Log, number, number == 4, $"{number}");
            do
                Assert.True(await quick.MoveNextAsync());
            while (quick.Current.Count < number);
        }

        while (!quick.Current.Complete)
            Assert.True(await quick.MoveNextAsync());
        Assert.True(await slow.MoveNextAsync());
        Assert.Equal((4, true), (slow.Current.Count, slow.Current.Complete));
    }

    [Fact]
    public async Task What_is_no_log_is_told_to_all_who_watch_it()
    {
        await using var server = await RunningServer.StartAsync();
        await using var watching = Ends(server).WatchAsync("shop//x", end => end, RunningServer.Cancel).GetAsyncEnumerator(RunningServer.Cancel);
        await Assert.ThrowsAsync<LogException>(async () => await watching.MoveNextAsync());
    }

    internal static LogAccess Access(RunningServer server) => new(new JoinedLogs(server.Logs, server.Plane, server.Time));

    private static LogEnds Ends(RunningServer server) => new(Access(server), server.Time);

    private static async Task<LogEnd> FirstAsync(RunningServer server)
    {
        await using var watching = Ends(server).WatchAsync(Log, end => end, RunningServer.Cancel).GetAsyncEnumerator(RunningServer.Cancel);
        Assert.True(await watching.MoveNextAsync());
        return watching.Current;
    }
}
