using System.Text;
using Towpath.Agent.Logs;

namespace Towpath.Tests.Agent.Logs;

public sealed class SpoolFileTests : IDisposable
{
    private static readonly SpoolOwner Owner = new("shop/runs/7/jobs/test/attempts/1", "run-job");
    private readonly TestFolder folder = new();

    private string Path => folder.At("log");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Lines_come_back_as_they_were_written()
    {
        using var spool = SpoolFile.Create(Path, Owner);
        spool.Append(17, LogChannel.Error, "one"u8);
        spool.Append(18, LogChannel.Output, ""u8);
        spool.Flush();

        var (lines, next) = spool.Read(spool.Start, 1000);

        Assert.Equal(
            [(17L, LogChannel.Error, "one"), (18L, LogChannel.Output, "")], lines.Select(line => (line.At, line.Channel, Text(line))));
        Assert.Equal((3, 2), (next.Line, spool.Lines));
    }

    [Fact]
    public void Reading_takes_at_least_a_line_and_no_more_than_was_asked_for()
    {
        using var spool = Filled(10, "0123456789");

        var (one, afterOne) = spool.Read(spool.Start, 1);
        var (three, _) = spool.Read(afterOne, 3 * (13 + 10) + 5);

        Assert.Equal((1, 3), (one.Count, three.Count));
    }

    [Fact]
    public void Place_of_a_line_is_found_and_that_after_the_last_too()
    {
        using var spool = Filled(10, "line");

        Assert.Equal("line 7", Text(spool.Read(spool.Skip(spool.Start, 7), 1).Lines[0]));
        Assert.Equal(11, spool.Skip(spool.Start, 1000).Line);
    }

    [Fact]
    public void Spool_of_an_agent_that_was_killed_is_read_again_without_its_torn_end()
    {
        Filled(3, "line").Dispose();
        foreach (var torn in Enumerable.Range(1, 12))
        {
            using (var file = File.Open(Path, FileMode.Append))
                file.Write(new byte[] { 40, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 0, torn);

            using var spool = SpoolFile.Open(Path)!;

            Assert.Equal((Owner, 3L, false), (spool.Owner, spool.Lines, spool.IsComplete));
            Assert.Equal("line 3", Text(spool.Read(spool.Skip(spool.Start, 3), 1).Lines[0]));
        }
    }

    [Fact]
    public void End_of_a_log_is_kept()
    {
        var first = Filled(3, "line");
        first.Complete();
        first.Dispose();

        using var spool = SpoolFile.Open(Path)!;

        Assert.True(spool.IsComplete);
        Assert.Equal(3, spool.Read(spool.Start, 10_000).Lines.Count);
    }

    [Theory, InlineData(""), InlineData("TPSPOOL1"), InlineData("something else entirely")]
    public void File_that_is_no_spool_is_told_apart(string content)
    {
        File.WriteAllText(Path, content);

        Assert.Null(SpoolFile.Open(Path));
    }

    [Fact]
    public async Task Unfinished_log_goes_on_after_a_restart_where_it_ended()
    {
        var owner = new SpoolOwner("shop/environments/staging/deployments/1/start", "start-release");
        new SpoolFolder(folder.At("spool"), TimeProvider.System).OpenLog(owner, SecretMask.None, TimeProvider.System).Say("before");

        var again = new SpoolFolder(folder.At("spool"), TimeProvider.System);
        await using (var log = again.OpenLog(owner, SecretMask.None, TimeProvider.System))
            log.Say("after");

        var spool = again.Find(owner.Command)!;
        Assert.Equal(["before", "after"], spool.Read(spool.Start, 1000).Lines.Select(Text));
        Assert.True(spool.IsComplete);
    }

    private static string Text(SpooledLine line) => Encoding.UTF8.GetString(line.Text.Span);

    private SpoolFile Filled(int lines, string text)
    {
        var spool = SpoolFile.Create(Path, Owner);
        for (var number = 1; number <= lines; number++)
            spool.Append(number, LogChannel.Output, Encoding.UTF8.GetBytes(text == "line" ? $"line {number}" : text));
        spool.Flush();
        return spool;
    }
}
