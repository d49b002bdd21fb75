using System.Net.Http.Headers;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Runs;

namespace Towpath.Tests.Server.Api;

public sealed class EventEndpointsTests
{
    private const string Log = "shop/runs/1/jobs/test/attempts/1";
    private const string Follow = "/api/v1/logs/" + Log + "/follow";

    [Fact]
    public async Task A_listener_hears_of_what_changes_below_its_prefix_and_of_nothing_else()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        await using var events = EventsAsync(server, "/api/v1/events?prefix=shop/runs/1").GetAsyncEnumerator(RunningServer.Cancel);
        Assert.Equal("ready", (await NextAsync(events)).Name);
        await server.PushAsync("other", Commits.Second);
        await server.PushAsync("shop", Commits.Second);
        await server.Plane.Loop.AskAsync(StreamId.OfRun("shop", 1), new CancelRun("ada"));
        var (name, id, data) = await NextAsync(events);
        Assert.Equal(("changed", "1", "shop/runs/1"), (name, id, data.GetProperty("stream").GetString()));
        Assert.Equal("canceled", (await server.GetAsync("/api/v1/projects/shop/runs/1")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_log_is_followed_while_it_is_written_to_its_end()
    {
        await using var server = await WithAttemptAsync();
        await server.LogAsync(Log, 1, false, "one", "two");
        await using var events = EventsAsync(server, Follow).GetAsyncEnumerator(RunningServer.Cancel);
        Assert.Equal(("1", "one"), Line(await NextAsync(events)));
        Assert.Equal(("2", "two"), Line(await NextAsync(events)));
        await server.LogAsync(Log, 3, true, "three");
        var last = await NextAsync(events);
        Assert.Equal(("3", "three"), Line(last));
        Assert.Equal((3, "stdout"), (last.Data.GetProperty("number").GetInt64(), last.Data.GetProperty("channel").GetString()));
        Assert.Equal("complete", (await NextAsync(events)).Name);
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task Following_goes_on_after_the_last_line_that_was_seen()
    {
        await using var server = await WithAttemptAsync();
        await server.LogAsync(Log, 1, true, "one", "two", "three", "four");
        var seen = new List<string>();
        await foreach (var one in EventsAsync(server, Follow, lastEventId: "2"))
            seen.Add(one.Name == "line" ? Line(one).Id : one.Name);
        Assert.Equal(["3", "4", "complete"], seen);
    }

    [Fact]
    public async Task A_log_is_read_as_json_in_parts_and_as_text_whole()
    {
        await using var server = await WithAttemptAsync();
        var lines = Enumerable.Range(1, 5003).Select(number => $"line {number}").ToArray();
        await server.LogAsync(Log, 1, true, lines);
        var first = await server.GetAsync("/api/v1/logs/" + Log);
        Assert.Equal((5000, 5001, false), (
            first.GetProperty("lines").GetArrayLength(), first.GetProperty("next").GetInt64(), first.GetProperty("complete").GetBoolean()));
        var second = await server.GetAsync("/api/v1/logs/" + Log + "?from=5001");
        Assert.Equal((3, true), (second.GetProperty("lines").GetArrayLength(), second.GetProperty("complete").GetBoolean()));

        using var request = new HttpRequestMessage(
            HttpMethod.Get, "/api/v1/logs/" + Log
                + "?from=5002") { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/plain") } } };
        using var text = await server.Client.SendAsync(request, RunningServer.Cancel);
        Assert.Equal("line 5002\nline 5003\n", await text.Content.ReadAsStringAsync(RunningServer.Cancel));
    }

    [Fact]
    public async Task A_log_that_has_not_begun_is_empty_and_one_that_cannot_be_is_not_found()
    {
        await using var server = await WithAttemptAsync();
        var log = await server.GetAsync("/api/v1/logs/" + Log);
        Assert.Equal((0, 1, false), (
            log.GetProperty("lines").GetArrayLength(), log.GetProperty("next").GetInt64(), log.GetProperty("complete").GetBoolean()));
        async Task<string> Missing(string path) =>
            await RunningServer.DetailAsync(await server.Client.GetAsync("/api/v1/logs/" + path, RunningServer.Cancel), 404);
        Assert.Contains("no attempt 2", await Missing("shop/runs/1/jobs/test/attempts/2"));
        Assert.Contains("no job 'moon'", await Missing("shop/runs/1/jobs/moon/attempts/1/follow"));
        Assert.Contains("no deployment 1", await Missing("shop/environments/staging/deployments/1"));
        Assert.Contains("no project 'shoe'", await Missing("shoe/runs/1/jobs/test/attempts/1"));
    }

    [Fact]
    public async Task Listeners_do_not_hold_up_a_server_that_stops()
    {
        var server = await RunningServer.StartAsync();
        await using var events = EventsAsync(server, "/api/v1/events").GetAsyncEnumerator(RunningServer.Cancel);
        Assert.Equal("ready", (await NextAsync(events)).Name);
        await server.DisposeAsync();
        Assert.False(await events.MoveNextAsync());
    }

    private static async Task<RunningServer> WithAttemptAsync()
    {
        var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        return server;
    }

    private static (string Id, string Text) Line((string Name, string Id, JsonElement Data) read)
    {
        Assert.Equal("line", read.Name);
        return (read.Id, read.Data.GetProperty("text").GetString()!);
    }

    private static async Task<(string Name, string Id, JsonElement Data)> NextAsync(
        IAsyncEnumerator<(string Name, string Id, JsonElement Data)> events)
    {
        Assert.True(await events.MoveNextAsync());
        return events.Current;
    }

    private static async IAsyncEnumerable<(string Name, string Id, JsonElement Data)> EventsAsync(
        RunningServer server, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, RunningServer.Cancel);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(RunningServer.Cancel));
        var (name, id) = ("", "");
        while (await reader.ReadLineAsync(RunningServer.Cancel) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                yield return (name, id, JsonDocument.Parse(line[6..]).RootElement);
        }
    }
}
