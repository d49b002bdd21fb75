using System.Text;
using Towpath.Engine.Logs;

namespace Towpath.Tests.Engine.Logs;

public sealed class LogStoreTests : IAsyncDisposable
{
    private const string Id = "shop/runs/7/jobs/test/attempts/1";
    private readonly TestFolder temp = new();
    private LogStore store;

    public LogStoreTests() => store = new LogStore(temp.At("logs"), new Impatient());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string LogPath => temp.At("logs", "shop", "runs", "7", "jobs", "test+1.log");

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        temp.Dispose();
    }

    [Fact]
    public async Task Lines_come_back_with_number_time_channel_and_text()
    {
        var at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddMicroseconds(123_456);
        var micros = (at - DateTimeOffset.UnixEpoch).Ticks / 10;
        LogRecord[] lines = [new(micros, 0, "über"u8.ToArray()), new(micros + 1, 2, "a b  c "u8.ToArray()), new(micros, 1, default)];
        var next = await store.AppendAsync(Id, 1, lines, false, Cancel);
        Assert.Equal(4, next);
        Assert.Equal([new(1, at, 0, "über"), new(2, at.AddMicroseconds(1), 2, "a b  c "), new(3, at, 1, "")], await Read(1));
        Assert.Equal(new(4, false), store.ExtentOf(Id));
    }

    [Fact]
    public async Task Repeated_lines_are_skipped_and_a_gap_is_refused_with_what_is_expected()
    {
        Assert.Equal(3, await Append(1, "a", "b"));
        Assert.Equal(5, await Append(2, "other", "c", "d"));
        Assert.Equal(5, await Append(1, "x"));
        Assert.Equal(5, await Append(7, "g"));
        Assert.Equal(5, await store.AppendAsync(Id, 7, [], true, Cancel));
        Assert.Equal(["a", "b", "c", "d"], await Texts(1));
        Assert.False(store.ExtentOf(Id).Complete);
    }

    [Fact]
    public async Task A_complete_log_takes_no_more_also_after_a_restart()
    {
        Assert.Equal(3, await store.AppendAsync(Id, 1, Records("a", "b"), true, Cancel));
        Assert.Equal(3, await Append(3, "c"));
        await Restart();
        Assert.Equal(new(3, true), store.ExtentOf(Id));
        Assert.Equal(3, await Append(3, "c"));
        Assert.Equal(["a", "b"], await Texts(1));
        Assert.Equal(1, await store.AppendAsync("shop/runs/8", 1, [], true, Cancel));
        Assert.Equal(new(1, true), store.ExtentOf("shop/runs/8"));
    }

    [Fact]
    public async Task A_torn_tail_is_cut_off_at_every_byte_and_the_log_goes_on()
    {
        await Append(1, "first", "second");
        await store.DisposeAsync();
        var whole = File.ReadAllBytes(LogPath);
        var firstLine = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var cut = firstLine; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(LogPath, whole[..cut]);
            store = new LogStore(temp.At("logs"), new Impatient());
            Assert.Equal(2, store.ExtentOf(Id).Next);
            Assert.Equal(3, await Append(1, "first", "second"));
            Assert.Equal(["first", "second"], await Texts(1));
            await store.DisposeAsync();
            Assert.Equal(whole, File.ReadAllBytes(LogPath));
        }

        store = new LogStore(temp.At("logs"), new Impatient());
    }

    [Fact]
    public async Task What_a_power_cut_leaves_at_the_end_is_not_taken_for_lines()
    {
        await Append(1, "first");
        await Restart();
        byte[] good = File.ReadAllBytes(LogPath), twice = [.. good, .. good], zeros = [.. good, .. new byte[4096]];
        var wrong = (byte[])[.. good, .. Encoding.ASCII.GetBytes("00000000 2 0 1 text\n")];
        foreach (var left in (byte[][])[twice, zeros, wrong])
        {
            await store.DisposeAsync();
            File.WriteAllBytes(LogPath, left);
            store = new LogStore(temp.At("logs"), new Impatient());
            Assert.Equal(new(2, false), store.ExtentOf(Id));
            Assert.Equal(["first"], await Texts(1));
        }
    }

    [Fact]
    public async Task Whoever_follows_sees_every_line_once_and_the_end()
    {
        var early = Collect(store.FollowAsync(Id, 1, Cancel));
        await Append(1, "a");
        var late = Collect(store.FollowAsync(Id, 2, Cancel));
        for (var i = 2; i <= 50; i++)
            await Append(i, $"line {i}");
        await store.AppendAsync(Id, 51, Records("end"), true, Cancel);
        Assert.Equal(Enumerable.Range(1, 51).Select(i => (long)i), (await early).Select(entry => entry.Number));
        Assert.Equal(Enumerable.Range(2, 50).Select(i => (long)i), (await late).Select(entry => entry.Number));
        Assert.Equal("end", (await Collect(store.FollowAsync(Id, 51, Cancel))).Single().Text);
    }

    [Fact]
    public async Task Following_can_be_given_up()
    {
        using var stop = new CancellationTokenSource();
        var following = Collect(store.FollowAsync(Id, 1, stop.Token));
        await Append(1, "a");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    [Fact]
    public async Task A_large_log_is_read_from_anywhere_and_reopened_by_its_end()
    {
        // 20 MB: more than what is looked at when it is opened.
        const int Lines = 20_000;
        var text = new string('x', 1000);
        for (var first = 1; first <= Lines; first += 1000)
            await store.AppendAsync(Id, first, Records([.. Enumerable.Range(first, 1000).Select(i => $"{i} {text}")]), false, Cancel);
        await Restart();
        Assert.Equal(Lines + 1, store.ExtentOf(Id).Next);
        foreach (var from in (int[])[1, 2, 777, 10_000, Lines - 1, Lines])
        {
            await foreach (var entry in store.ReadAsync(Id, from, Cancel))
            {
                Assert.Equal((from, $"{from} {text}"), (entry.Number, entry.Text));
                break;
            }
        }

        Assert.Equal(Lines, (await Read(1)).Count);
        Assert.Empty(await Read(Lines + 1));
        await Append(Lines + 1, "next");
        Assert.Equal("next", (await Read(Lines + 1)).Single().Text);
    }

    [Fact]
    public async Task One_call_may_bring_more_than_is_written_unsynced()
    {
        var text = new string('x', 60_000);
        Assert.Equal(201, await store.AppendAsync(Id, 1, Records([.. Enumerable.Repeat(text, 200)]), true, Cancel));
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), (await Read(1)).Select(entry => entry.Number));
        Assert.True(store.ExtentOf(Id).Complete);
    }

    [Fact]
    public async Task Damage_in_the_middle_is_shown_in_its_place()
    {
        await store.AppendAsync(Id, 1, Records("one", "two", "three"), true, Cancel);
        var bytes = File.ReadAllBytes(LogPath);
        bytes[bytes.AsSpan().IndexOf("two"u8)] ^= 1;
        File.WriteAllBytes(LogPath, bytes);
        Assert.Equal(["one", "[this line is damaged on the server's disk]", "three"], await Texts(1));
    }

    [Fact]
    public async Task Text_is_capped_and_cannot_make_lines_of_its_own()
    {
        await Append(1, new string('x', 70_000), "a\nb");
        var read = await Read(1);
        Assert.Equal(65_536, read[0].Text.Length);
        Assert.Equal("a b", read[1].Text);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a/./b.log/.hidden/ü")]
    [InlineData("a/%2E%2E")]
    [InlineData("shop/runs/7/jobs/a+1/attempts/1")]
    public async Task Every_id_stays_inside_and_has_a_place_of_its_own(string id)
    {
        await store.AppendAsync(id, 1, Records("x"), true, Cancel);
        await store.AppendAsync(id + "/below", 1, Records("y"), true, Cancel);
        Assert.Equal(2, Directory.GetFiles(temp.At("logs"), "*.log", SearchOption.AllDirectories).Length);
        Assert.Equal(["logs"], Directory.GetFileSystemEntries(temp.Path).Select(Path.GetFileName));
        Assert.Equal("x", (await Collect(store.ReadAsync(id, 1, Cancel))).Single().Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a//b")]
    [InlineData("/a")]
    public void What_is_no_id_is_refused(string id) => Assert.Throws<LogException>(() => store.ExtentOf(id));

    [Fact]
    public async Task Jobs_with_alike_names_do_not_share_a_log()
    {
        string[] ids = ["r/jobs/a/attempts/1", "r/jobs/a+1", "r/jobs/a.1", "r/jobs/a/attempts/1/more"];
        foreach (var id in ids)
            Assert.Equal(2, await store.AppendAsync(id, 1, Records(id), true, Cancel));
        foreach (var id in ids)
            Assert.Equal(id, (await Collect(store.ReadAsync(id, 1, Cancel))).Single().Text);
    }

    [Fact]
    public async Task Many_logs_and_many_writers_of_one_log_keep_every_line()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), Cancel, async (log, cancel) =>
        {
            for (var i = 1; i <= 5; i++)
                Assert.Equal(i + 1, await store.AppendAsync($"shop/runs/{log}", i, Records($"{log}-{i}"), i == 5, cancel));
        });
        for (var log = 0; log < 40; log++)
        {
            var entries = await Collect(store.ReadAsync($"shop/runs/{log}", 1, Cancel));
            Assert.Equal(Enumerable.Range(1, 5).Select(i => $"{log}-{i}"), entries.Select(entry => entry.Text));
        }

        // The same lines from several connections, as after a reconnect.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 1; i <= 50; i++)
                Assert.InRange(await Append(i, $"{i}"), i + 1, 51);
        })));
        Assert.Equal(Enumerable.Range(1, 50).Select(i => $"{i}"), await Texts(1));
    }

    [Fact]
    public async Task Logs_that_nobody_uses_are_forgotten_and_found_again()
    {
        for (var i = 0; i < 1100; i++)
            store.ExtentOf($"shop/runs/{i}");
        await Append(1, "a");
        for (var i = 0; i < 1100; i++)
            store.ExtentOf($"shop/runs/{i}");
        Assert.Equal(3, await Append(2, "b"));
        Assert.Equal(["a", "b"], await Texts(1));
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_is_named_and_the_same_lines_may_come_again()
    {
        await Append(1, "a");

        // A folder stands where the file would be: opening it fails as a full disk's would.
        Directory.CreateDirectory(temp.At("logs", "shop", "other.log"));
        var error = await Assert.ThrowsAsync<LogException>(() => store.AppendAsync("shop/other", 1, Records("x"), false, Cancel));
        Assert.Contains("cannot be written", error.Message, StringComparison.Ordinal);
        Directory.Delete(temp.At("logs", "shop", "other.log"));
        Assert.Equal(2, await store.AppendAsync("shop/other", 1, Records("x"), true, Cancel));
    }

    private static LogRecord[] Records(params string[] texts) =>
        [.. texts.Select(text => new LogRecord(1_000_000, 1, Encoding.UTF8.GetBytes(text)))];

    private static async Task<List<LogEntry>> Collect(IAsyncEnumerable<LogEntry> lines)
    {
        var all = new List<LogEntry>();
        await foreach (var line in lines)
            all.Add(line);
        return all;
    }

    private Task<long> Append(long first, params string[] texts) => store.AppendAsync(Id, first, Records(texts), false, Cancel);

    private Task<List<LogEntry>> Read(long from) => Collect(store.ReadAsync(Id, from, Cancel));

    private async Task<IEnumerable<string>> Texts(long from) => (await Read(from)).Select(entry => entry.Text);

    private async Task Restart()
    {
        await store.DisposeAsync();
        store = new LogStore(temp.At("logs"), new Impatient());
    }

    /// <summary>Waits for nothing.</summary>
    private sealed class Impatient : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
