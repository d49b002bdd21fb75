using System.Text;
using Towpath.Agent.Link;
using Towpath.Agent.Logs;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Agent.Link;

public sealed class LogSenderTests : IDisposable
{
    private const string Log = "shop/runs/7/jobs/test/attempts/1";
    private readonly TestFolder folder = new();
    private readonly HandClock clock = new();
    private readonly SpoolFile spool;
    private readonly LogSender sender;

    public LogSenderTests()
    {
        spool = SpoolFile.Create(folder.At("log"), new(Log, "run-job"));
        sender = new(spool, clock);
    }

    public void Dispose()
    {
        spool.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Lines_are_sent_once_as_they_come_and_the_end_with_the_last()
    {
        Append(3, "line");
        var first = sender.Next()!;
        Assert.Null(sender.Next());
        Append(2, "line");
        spool.Complete();
        var second = sender.Next()!;

        Assert.Equal((1, 3, false), (first.First, first.Lines.Count, first.Complete));
        Assert.Equal((4, 2, true), (second.First, second.Lines.Count, second.Complete));
        Assert.Null(sender.Next());
    }

    [Fact]
    public void End_that_comes_late_is_sent_alone()
    {
        Append(1, "line");
        sender.Next();
        spool.Complete();

        var end = sender.Next()!;

        Assert.Equal((2, 0, true), (end.First, end.Lines.Count, end.Complete));
    }

    [Fact]
    public void Only_so_much_is_on_its_way_until_the_server_has_stored_some()
    {
        Append(100, new string('x', 60_000));
        var sent = 0;
        while (sender.Next() is { } message)
            sent += message.Lines.Count;

        Assert.InRange(sent, 20, 50);
        sender.Acknowledge(new() { Log = Log, Next = 11 });

        Assert.Equal(sent + 1, sender.Next()!.First);
    }

    [Fact]
    public void What_was_not_stored_is_sent_again_after_a_while_and_no_sooner()
    {
        Append(3, "line");
        sender.Next();
        clock.Pass(TimeSpan.FromSeconds(4));
        Assert.Null(sender.Next());
        clock.Pass(TimeSpan.FromSeconds(2));

        Assert.Equal(1, sender.Next()!.First);
    }

    [Fact]
    public void What_was_stored_is_not_sent_again()
    {
        Append(3, "line");
        sender.Next();
        sender.Acknowledge(new() { Log = Log, Next = 4 });
        clock.Pass(TimeSpan.FromSeconds(60));
        Assert.Null(sender.Next());
        sender.Rewind();
        Assert.Null(sender.Next());
        Append(1, "line");

        Assert.Equal(4, sender.Next()!.First);
    }

    [Fact]
    public void Restarted_agent_skips_what_the_server_has()
    {
        Append(20, new string('x', 60_000));
        sender.Next();

        sender.Acknowledge(new() { Log = Log, Next = 18 });

        Assert.Equal(18, sender.Next()!.First);
    }

    [Fact]
    public void Log_is_whole_only_when_the_server_says_so()
    {
        Append(3, "line");
        sender.Next();
        spool.Complete();
        sender.Next();

        Assert.False(sender.Acknowledge(new() { Log = Log, Next = 4 }));
        Assert.True(sender.Acknowledge(new() { Log = Log, Next = 4, Complete = true }));
    }

    private void Append(int lines, string text)
    {
        for (var line = 0; line < lines; line++)
            spool.Append(0, LogChannel.Output, Encoding.UTF8.GetBytes(text));
        spool.Flush();
    }

    private sealed class HandClock : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => now += time.Ticks;

        public override long GetTimestamp() => now;
    }
}
