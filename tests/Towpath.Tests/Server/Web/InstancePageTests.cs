using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Server.Web;

/// <summary>The instances on an environment's page.</summary>
public sealed partial class InstancePageTests
{
    private const string Page = "/shop/environments/production";
    private const string Figures = "/-/figures?project=shop&environment=production";
    private const string Hostile = "<script>alert(1)</script>";

    [Fact]
    public async Task Instances_are_listed_with_what_is_known_of_them_and_fresh_with_the_figures()
    {
        await using var server = await LiveAsync();
        Assert.Contains("<div data-part=\"instances\" hidden></div>", await Browser.ReadAsync(server, Page));
        Assert.Contains("<div data-part=\"instances\" hidden></div>", await Browser.ReadAsync(server, Figures));
        Tell(server, Web(0), Crashed(1), Hosted("candidate", "unhealthy", 2, "answered 503 at /" + Hostile));

        foreach (var path in (string[])[Page, Figures])
        {
            var page = await Browser.ReadAsync(server, path);
            Assert.DoesNotContain(Hostile, page);
            Assert.Equal(
                [
                    "web/0 Healthy Run 1 live 67.1 MB for 48 h 0 min",
                    "web/1 Restarting Run 1 live Last time it ended with exit code 3 2 restarts",
                    $"web/2 Unhealthy Run 1 candidate It answered 503 at /{Hostile}",
                ],
                Rows(page));
            Assert.Contains("1 of 3 healthy", page);
        }

        Assert.DoesNotContain("data-part=\"instances\"", await Browser.ReadAsync(server, "/-/figures?project=shop"));
        Assert.DoesNotContain("data-part=\"instances\"", await Browser.ReadAsync(server, "/-/figures"));
    }

    [Fact]
    public async Task Scripts_get_the_same()
    {
        await using var server = await LiveAsync();
        Assert.False((await server.GetAsync("/api/v1/projects/shop/environments/production")).TryGetProperty("instances", out _));
        Tell(server, Web(0), Crashed(1));
        var told = (await server.GetAsync("/api/v1/projects/shop/environments/production")).GetProperty("instances");
        Assert.Equal(
            ["web/0 1 live healthy 0", "web/1 1 live restarting 2"],
            told.EnumerateArray().Select(one =>
                $"{Text(one, "name")} {one.GetProperty("run")} {Text(one, "role")} {Text(one, "state")} {one.GetProperty("restarts")}"));
        Assert.Equal(64 << 20, told[0].GetProperty("memory").GetInt64());
        Assert.False(told[1].TryGetProperty("since", out _));

        static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Where_there_are_many_those_that_are_not_well_are_seen()
    {
        await using var server = await LiveAsync();
        Tell(server, [.. Enumerable.Range(0, 60).Select(index => Web((uint)index)), Crashed(60)]);
        var page = await Browser.ReadAsync(server, Page);
        Assert.Equal(50, Rows(page).Count);
        Assert.StartsWith("web/60 Restarting", Rows(page)[0], StringComparison.Ordinal);
        Assert.Contains("and 11 more", page);
    }

    private static async Task<RunningServer> LiveAsync()
    {
        var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        return server;
    }

    private static void Tell(RunningServer server, params InstanceReport[] instances)
    {
        var place = new EnvironmentInstances { Project = "shop", Environment = "production" };
        place.Instances.AddRange(instances);
        server.Instances.Take("local", new HealthReport { Hosted = { place } });
    }

    private static InstanceReport Web(uint index)
    {
        var web = Hosted("live", "healthy", index, "");
        web.Memory = 64 << 20;
        // So long ago that a slow test changes nothing that is shown.
        web.StartedAt = DateTimeOffset.UtcNow.AddDays(-2).ToUnixTimeMilliseconds() * 1000;
        return web;
    }

    private static InstanceReport Crashed(uint index)
    {
        var crashed = Hosted("live", "restarting", index, "ended with exit code 3");
        crashed.Restarts = 2;
        return crashed;
    }

    private static InstanceReport Hosted(string role, string state, uint index, string reason) =>
        new() { App = "web", Index = index, Release = "d1", Run = 1, Role = role, State = state, Reason = reason };

    private static IReadOnlyList<string> Rows(string page) =>
    [
        .. Row().Matches(page[page.IndexOf("list instances", StringComparison.Ordinal)..]).Select(row =>
            WebUtility.HtmlDecode(Spaces().Replace(Tags().Replace(row.Groups[1].Value, " "), " ").Trim())),
    ];

    [GeneratedRegex("<li>\\s*(<code.*?)</li>", RegexOptions.Singleline)]
    private static partial Regex Row();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();
}
