using System.Net;
using System.Net.Http.Json;
using Towpath.Core;
using Towpath.Server.Api;

namespace Towpath.Tests.Server.Api;

/// <summary>Gates as scripts see them: what waits for what, and how it is let go on.</summary>
public sealed class GateEndpointsTests
{
    private const string Production = "/api/v1/projects/shop/environments/production";

    [Fact]
    public async Task What_waits_says_for_what_and_starts_when_two_people_have_approved_it()
    {
        await using var server = await WithOneWaitingAsync();
        var waiting = Assert.Single((await server.GetAsync(Production)).GetProperty("waiting").EnumerateArray());
        Assert.Equal("waiting", waiting.GetProperty("state").GetString());
        Assert.Equal((0, 0), (waiting.GetProperty("plan").GetProperty("replaces").GetInt32(), waiting.GetProperty("plan").GetProperty("settings").GetInt32()));
        Assert.Equal(
            [("approval", "waiting"), ("window", "passed"), ("webhook", "passed")],
            waiting.GetProperty("gates").EnumerateArray().Select(gate => (gate.GetProperty("name").GetString()!, gate.GetProperty("state").GetString()!)));
        var approval = waiting.GetProperty("gates")[0];
        Assert.Equal("It waits for the approval of 2 people of ann, ben.", approval.GetProperty("reason").GetString());
        Assert.True(approval.GetProperty("deadline").GetDateTimeOffset() > server.Time.GetUtcNow().AddDays(6));

        using var stale = await ApproveAsync(server, "ann", new { replaces = 7, settings = 0 });
        Assert.Contains("not what you looked at", await RunningServer.DetailAsync(stale, 409));
        using var stranger = await ApproveAsync(server, "mallory");
        Assert.Contains("does not count", await RunningServer.DetailAsync(stranger, 409));
        using var first = await ApproveAsync(server, "ann", new { replaces = 0, settings = 0 });
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var twice = await ApproveAsync(server, "ann");
        Assert.Contains("ann has approved deployment 1 already", await RunningServer.DetailAsync(twice, 409));
        using var second = await ApproveAsync(server, "ben");
        await server.GoesLiveAsync("shop", "production", 1);
    }

    [Fact]
    public async Task Freeze_is_shown_and_lifted_and_says_what_is_wrong_with_it()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        using var zone = await server.PostAsync(Production + "/freeze", new { until = "2099-12-24", zone = "Amsterdam" });
        Assert.Contains("'Amsterdam' is no time zone", await RunningServer.DetailAsync(zone, 400));
        using var time = await server.PostAsync(Production + "/freeze", new { until = "Christmas" });
        Assert.Contains("'Christmas' is no time", await RunningServer.DetailAsync(time, 400));
        using var past = await server.PostAsync(Production + "/freeze", new { until = "2001-01-01" });
        Assert.Contains("is over", await RunningServer.DetailAsync(past, 409));

        var until = server.Time.GetUtcNow().AddDays(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        using var frozen = await server.PostAsync(Production + "/freeze", new { until, zone = "Europe/Amsterdam", reason = "The sale." });
        Assert.Equal(HttpStatusCode.OK, frozen.StatusCode);
        var freeze = Assert.Single((await server.GetAsync(Production)).GetProperty("freezes").EnumerateArray());
        Assert.Equal(("owner", "The sale."), (freeze.GetProperty("by").GetString(), freeze.GetProperty("reason").GetString()));
        await server.PushAsync("shop", Commits.Second);
        await server.GoesLiveAsync("shop", "staging", 2);
        Assert.Equal(1, (await server.GetAsync(Production)).GetProperty("live").GetProperty("run").GetInt32());

        using var lifted = await server.PostAsync(Production + "/unfreeze");
        Assert.Equal(HttpStatusCode.OK, lifted.StatusCode);
        await server.GoesLiveAsync("shop", "production", 2);
        Assert.Contains("is not frozen", await RunningServer.DetailAsync(await server.PostAsync(Production + "/unfreeze"), 409));
    }

    [Fact]
    public async Task Promotion_that_passes_over_its_gates_says_why()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First, pipeline: Closed);
        await Eventually.That(() => server.Plane.Environment("shop", "production")?.Waiting.Any() == true, "it waits");
        using var blank = await server.PostAsync(Production + "/promote", new { run = 1, @override = " " });
        Assert.Contains("wants a reason", await RunningServer.DetailAsync(blank, 400));
        using var promoted = await server.PostAsync(Production + "/promote", new { run = 1, @override = "The shop is down." });
        Assert.Equal(HttpStatusCode.OK, promoted.StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Equal("The shop is down.", (await server.GetAsync(Production)).GetProperty("history")[0].GetProperty("override").GetString());
    }

    internal static string Closed { get; } = WithGates("""[{ freeze: "2001-01-01 - 2099-12-31" }]""");

    internal static string WithGates(string gates) => RunningServer.ShopPipeline.Replace(
        "production: { after: [staging], listen: 8080 }", $"production: {{ after: [staging], listen: 8080, gates: {gates} }}", StringComparison.Ordinal);

    private static async Task<RunningServer> WithOneWaitingAsync()
    {
        var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First, pipeline: WithGates(
            """[{ approval: { people: 2, by: [ann, ben] } }, { window: "00:00-24:00" }, { webhook: "https://change.example.com/ask" }]"""));
        await Eventually.That(
            () => server.Plane.Environment("shop", "production")?.Waiting.FirstOrDefault()?.Questions is [{ Outcome: Outcome.Succeeded }], "the webhook has said yes");
        return server;
    }

    private static async Task<HttpResponseMessage> ApproveAsync(RunningServer server, string by, object? seen = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Production + "/deployments/1/approve");
        request.Headers.Add(ApiAnswers.ByHeader, by);
        if (seen is not null)
            request.Content = JsonContent.Create(seen);
        return await server.Client.SendAsync(request, RunningServer.Cancel);
    }
}
