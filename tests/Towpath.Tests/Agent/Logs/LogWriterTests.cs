using System.Text;
using Towpath.Agent.Logs;

namespace Towpath.Tests.Agent.Logs;

public sealed class LogWriterTests
{
    private static readonly LogLimits Small = new(100, 400);

    [Fact]
    public void Output_is_split_in_lines_wherever_its_pieces_end()
    {
        var log = new RecordedLog();

        foreach (var piece in (string[])["one\ntw", "o", "\n\nfour\r", "\nfi"])
            Write(log, piece);
        log.Writer.EndLines();

        Assert.Equal(["one", "two", "", "four", "fi"], log.Lines.Select(line => line.Text));
    }

    [Fact]
    public void Lines_of_both_channels_are_kept_apart()
    {
        var log = new RecordedLog();

        log.Writer.Write(LogChannel.Output, "out"u8);
        log.Writer.Write(LogChannel.Error, "err\n"u8);
        log.Writer.Write(LogChannel.Output, "put\n"u8);

        Assert.Equal([(LogChannel.Error, "err"), (LogChannel.Output, "output")], log.Lines);
    }

    [Theory, InlineData(1), InlineData(7), InlineData(10_000)]
    public void Line_that_is_too_long_is_cut_with_a_mark_and_the_next_is_whole(int piece)
    {
        var log = new RecordedLog(Small);

        WriteInPieces(log, new string('x', 5000) + "\nnext\n", piece);

        Assert.Equal(2, log.Lines.Count);
        Assert.Matches(@"^x{50,} \[cut: the line is longer than 100 bytes\]$", log.Lines[0].Text);
        Assert.Equal(Small.Line, log.Lines[0].Text.Length);
        Assert.Equal("next", log.Lines[1].Text);
    }

    [Fact]
    public void Line_of_exactly_the_limit_is_whole()
    {
        var log = new RecordedLog(Small);

        Write(log, new string('x', 100) + "\n");

        Assert.Equal(new string('x', 100), log.Output);
    }

    [Fact]
    public void Full_log_gets_one_mark_and_drops_output_but_not_Towpaths_own_lines()
    {
        var log = new RecordedLog(Small);

        for (var line = 0; line < 50; line++)
            Write(log, "0123456789012345678\n");
        log.Writer.Say("step 'it' ended with exit code 1");

        Assert.Equal(20, log.Lines.Count(line => line.Channel == LogChannel.Output));
        Assert.Equal(
            ["[the log is full at 400 bytes: further output is dropped]", "step 'it' ended with exit code 1"],
            log.Lines.Where(line => line.Channel == LogChannel.Towpath).Select(line => line.Text));
    }

    [Fact]
    public void Empty_lines_fill_a_log_too()
    {
        var log = new RecordedLog(Small);

        Write(log, new string('\n', 1000));

        Assert.Equal(400 / 16, log.Lines.Count(line => line.Channel == LogChannel.Output));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(1000)]
    public void Secret_is_hidden_wherever_the_pieces_end(int piece)
    {
        var log = new RecordedLog(null, "hunter2");

        WriteInPieces(log, "password hunter2hunter2, hunter\nhunter2\n", piece);

        Assert.Equal("password ******, hunter\n***", log.Output);
    }

    [Fact]
    public void Secret_that_holds_another_is_hidden_whole()
    {
        var log = new RecordedLog(null, "abc", "abcdef");

        Write(log, "abcdef abc\n");

        Assert.Equal("*** ***", log.Output);
    }

    [Fact]
    public void Lines_of_a_secret_with_several_lines_are_hidden_one_by_one()
    {
        var log = new RecordedLog(null, "first part\n}\nsecond part\n", "", " ");

        Write(log, "> first part\n> second part\n> } x y\n");

        Assert.Equal("> ***\n> ***\n> } x y", log.Output);
    }

    [Theory, InlineData(90), InlineData(99), InlineData(100), InlineData(104), InlineData(110)]
    public void Secret_at_the_place_where_a_line_is_cut_is_not_seen_in_part(int before)
    {
        var log = new RecordedLog(Small, "hunter2");

        WriteInPieces(log, new string('x', before) + "hunter2" + new string('y', 500) + "\n", 3);
        WriteInPieces(log, string.Concat(Enumerable.Repeat("hunter2", 200)) + "\n", 3);

        Assert.DoesNotContain("hu", log.Lines[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hu", log.Lines[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_follows_the_end()
    {
        var ends = 0;
        var lines = 0;
        var writer = new LogWriter((_, _, _, _) => lines++, ended: () => ends++);
        writer.Write(LogChannel.Output, "last"u8);

        await writer.DisposeAsync();
        await writer.DisposeAsync();
        writer.Say("late");

        Assert.Equal((1, 1), (lines, ends));
    }

    private static void Write(RecordedLog log, string text) => log.Writer.Write(LogChannel.Output, Encoding.UTF8.GetBytes(text));

    private static void WriteInPieces(RecordedLog log, string text, int size)
    {
        foreach (var piece in text.Chunk(size))
            Write(log, new string(piece));
    }
}
