using Towpath.Core;
using Towpath.Engine.Logs;
using Towpath.Server.Logs;

namespace Towpath.Tests.Server.Logs;

public sealed class LogSearchTests
{
    private const string Log = "shop/runs/1/jobs/test/attempts/1";

    [Fact]
    public async Task Text_is_found_whatever_its_case_and_colours()
    {
        await using var server = await RunningServer.StartAsync();
        using var search = Search(server);
        await server.LogAsync(Log, 1, false, "Alpha", "beta", "al\u001b[31mpha\u001b[0m", "alp\ralpha", "beta \u001b]8;;alpha\u0007");
        var found = await search.FindAsync(Log, "ALPHA", 1, RunningServer.Cancel);
        Assert.Equal([1, 3, 4], found.Lines);
        Assert.Equal(6, found.Next);
        Assert.Equal([3, 4], (await search.FindAsync(Log, "alpha", 2, RunningServer.Cancel)).Lines);
        Assert.Empty((await search.FindAsync(Log, "gamma", 1, RunningServer.Cancel)).Lines);
    }

    [Fact]
    public async Task More_than_an_answer_holds_is_found_by_asking_again()
    {
        await using var server = await RunningServer.StartAsync();
        using var search = Search(server);
        await server.LogAsync(Log, 1, false, [.. Enumerable.Range(1, 2 * LogSearch.MatchesAtMost).Select(number => number % 2 == 0 ? "even" : "odd"), "even"]);
        var first = await search.FindAsync(Log, "even", 1, RunningServer.Cancel);
        Assert.Equal((LogSearch.MatchesAtMost, 2001), (first.Lines.Count, first.Next));
        Assert.Equal([2001], (await search.FindAsync(Log, "even", first.Next, RunningServer.Cancel)).Lines);
    }

    [Fact]
    public async Task Outline_names_steps_and_the_first_error()
    {
        await using var server = await RunningServer.StartAsync();
        using var search = Search(server);
        LogRecord[] lines =
        [
            Line(0, "job 'test' of run 1"), Line(0, "step 1 of 2: npm ci"), Line(1, "step 7 of 9: not a step"), Line(2, "0 errors"),
            Line(0, "step 2 of 2: npm test"), Line(1, "src/a.ts: \u001b[31merror\u001b[0m TS1"), Line(1, "fatal: away"), Line(0, "$ ./smoke.sh error"),
        ];
        await server.Logs.AppendAsync(Log, 1, lines, false, RunningServer.Cancel);
        var outline = await search.OutlineAsync(Log, 1, RunningServer.Cancel);
        Assert.Equal([new(2, "npm ci"), new(5, "npm test"), new(8, "./smoke.sh error")], outline.Steps);
        Assert.Equal((6, 4, 9), (outline.Error, outline.FirstOnStderr, outline.Next));
        var rest = await search.OutlineAsync(Log, 7, RunningServer.Cancel);
        Assert.Equal((7, null), (rest.Error, rest.FirstOnStderr));
    }

    [Theory]
    [InlineData("error CS1002: ; expected", true)]
    [InlineData("make: *** [all] Error 2", true)]
    [InlineData("  1 failed, 20 passed", true)]
    [InlineData("System.NullReferenceException: x", true)]
    [InlineData("TypeError: undefined is not a function", true)]
    [InlineData("thread 'main' panicked at src/main.rs", true)]
    [InlineData("Traceback (most recent call last):", true)]
    [InlineData("0 errors, 0 warnings", false)]
    [InlineData("Failed: 0, Passed: 12, no failures", false)]
    [InlineData("errorless", false)]
    [InlineData("in terrors", false)]
    public void Errors_are_told_as_programs_tell_them(string text, bool isError) => Assert.Equal(isError, LogSearch.TellsOfError(text));

    [Fact]
    public async Task Parts_of_a_log_come_as_harmless_rows_with_the_time_since_the_line_before()
    {
        await using var server = await RunningServer.StartAsync();
        LogRecord[] lines = [Line(1, "one", 0), Line(1, "<b>two</b>", 1_500), Line(2, new string('x', 3000), 1_600)];
        await server.Logs.AppendAsync(Log, 1, lines, false, RunningServer.Cancel);
        var part = await server.GetAsync($"/-/lines/{Log}?from=2&limit=1");
        var row = Assert.Single(part.GetProperty("rows").EnumerateArray()).GetString()!;
        Assert.Contains("<i>+1.500 s</i><span>&lt;b&gt;two&lt;/b&gt;</span>", row, StringComparison.Ordinal);
        Assert.Equal((2, 3, false), (part.GetProperty("first").GetInt64(), part.GetProperty("count").GetInt64(), part.GetProperty("complete").GetBoolean()));
        var last = (await server.GetAsync($"/-/lines/{Log}?from=3")).GetProperty("rows")[0].GetString()!;
        Assert.Contains("… and 1000 characters more", last, StringComparison.Ordinal);
        Assert.Equal(3, (await server.GetAsync($"/-/matches/{Log}?text=xxx")).GetProperty("lines")[0].GetInt64());
        Assert.Equal(3, (await server.GetAsync($"/-/outline/{Log}")).GetProperty("firstOnStderr").GetInt64());
        foreach (var path in (string[])["/-/lines/shop", "/-/matches/shop/runs/1?text=x", "/-/outline/x"])
            Assert.Equal(System.Net.HttpStatusCode.NotFound, (await server.Client.GetAsync(path, RunningServer.Cancel)).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, (await server.Client.GetAsync($"/-/matches/{Log}", RunningServer.Cancel)).StatusCode);
    }

    private static LogSearch Search(RunningServer server) => new(LogEndsTests.Access(server), server.Time);

    private static LogRecord Line(int channel, string text, long milliseconds = 0) => new(milliseconds * 1000, channel, System.Text.Encoding.UTF8.GetBytes(text));
}
