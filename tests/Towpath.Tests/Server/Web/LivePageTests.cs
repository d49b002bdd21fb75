using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Runs;

namespace Towpath.Tests.Server.Web;

/// <summary>What a page is told while it is looked at.</summary>
public sealed class LivePageTests
{
    private const string Log = "shop/runs/1/jobs/test/attempts/1";

    [Fact]
    public async Task One_stream_tells_what_changed_and_how_far_the_log_is()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        await server.LogAsync(Log, 1, false, "one", "<b>two</b>");
        using var stream = await OpenAsync(server, $"/-/live?prefix=shop&log={Log}");
        var heard = await UntilAsync(stream, events => events.Any(one => one.Name == "ready") && events.Any(one => one.Name == "log"));
        using var end = JsonDocument.Parse(heard.Last(one => one.Name == "log").Data);
        Assert.Equal((1, 2), (end.RootElement.GetProperty("first").GetInt64(), end.RootElement.GetProperty("count").GetInt64()));
        Assert.Contains("&lt;b&gt;two", end.RootElement.GetProperty("rows")[1].GetString()!, StringComparison.Ordinal);
        await server.Plane.Loop.AskAsync(StreamId.OfRun("shop", 1), new CancelRun("ada"));
        await UntilAsync(stream, events => events.Any(one => one is { Name: "changed" } && one.Data.Contains("shop/runs/1", StringComparison.Ordinal)));
        await server.LogAsync(Log, 3, true, "three");
        await UntilAsync(stream, events => events.Any(one => one.Name == "log" && one.Data.Contains("\"complete\":true", StringComparison.Ordinal)));
        // The log is over, what changes is still told.
        await server.PushAsync("shop", Commits.Second);
        await UntilAsync(stream, events => events.Any(one => one.Name == "changed"));
    }

    [Fact]
    public async Task Stream_without_a_log_and_one_with_what_is_none_tell_what_changed()
    {
        await using var server = await RunningServer.StartAsync();
        foreach (var query in (string[])["prefix=shop", "prefix=shop&log=../x", "prefix=&log="])
        {
            using var stream = await OpenAsync(server, $"/-/live?{query}");
            await UntilAsync(stream, events => events.Any(one => one.Name == "ready"));
        }
    }

    [Fact]
    public async Task A_line_that_is_long_is_cut_unless_it_is_asked_for_whole()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        await server.LogAsync(Log, 1, false, "one", new string('x', 5000) + "<b>", "three");
        var cut = (await server.GetAsync($"/-/lines/{Log}?from=2")).GetProperty("rows");
        Assert.Equal(2, cut.GetArrayLength());
        Assert.Contains("and 3003 characters more", cut[0].GetString()!, StringComparison.Ordinal);
        var whole = (await server.GetAsync($"/-/lines/{Log}?from=2&whole=true")).GetProperty("rows");
        Assert.Contains(new string('x', 5000) + "&lt;b&gt;</span>", Assert.Single(whole.EnumerateArray()).GetString()!, StringComparison.Ordinal);
    }

    private static async Task<StreamReader> OpenAsync(RunningServer server, string path)
    {
        var response = await server.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, RunningServer.Cancel);
        response.EnsureSuccessStatusCode();
        return new StreamReader(await response.Content.ReadAsStreamAsync(RunningServer.Cancel));
    }

    private static async Task<List<(string Name, string Data)>> UntilAsync(StreamReader stream, Func<List<(string Name, string Data)>, bool> isEnough)
    {
        var events = new List<(string Name, string Data)>();
        var name = "";
        while (!isEnough(events))
        {
            var line = await stream.ReadLineAsync(RunningServer.Cancel) ?? throw new EndOfStreamException();
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                events.Add((name, line[6..]));
        }

        return events;
    }
}
