using System.Net;
using System.Text.RegularExpressions;
using Towpath.Tests.Server.Api;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

/// <summary>Gates as people see them, and the buttons that let a deployment go on.</summary>
public sealed partial class GatePageTests
{
    private const string Production = "/shop/environments/production";

    [Fact]
    public async Task What_waits_for_an_approval_has_a_button_for_exactly_what_is_shown()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", Commits.Second, pipeline: GateEndpointsTests.WithGates("[{ approval: 1 }]"));
        await WaitsAsync(server);
        var page = await ReadAsync(server, Production);
        Assert.Contains("It waits for an approval.", page);
        Assert.Contains("Approve (replaces run 1)", page);
        Assert.DoesNotContain("Deploy now", page);
        var form = Form().Match(page);
        Assert.Equal(("1", "0"), (form.Groups["replaces"].Value, form.Groups["settings"].Value));
        using var stale = await SendAsync(server, form.Groups["action"].Value, ("replaces", "7"), ("settings", "0"));
        Assert.Equal(HttpStatusCode.Conflict, stale.StatusCode);
        using var approved = await SendAsync(server, form.Groups["action"].Value, ("replaces", "1"), ("settings", "0"));
        Assert.Equal(HttpStatusCode.SeeOther, approved.StatusCode);
        await server.GoesLiveAsync("shop", "production", 2);
    }

    [Fact]
    public async Task Gates_can_be_passed_over_with_a_reason_that_the_history_shows()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First, pipeline: GateEndpointsTests.Closed);
        await WaitsAsync(server);
        Assert.Contains($"{Production}/override?run=1", await ReadAsync(server, Production));
        var question = await ReadAsync(server, $"{Production}/override?run=1");
        Assert.Contains("name=\"override\" required", question);
        using var done = await SendAsync(server, $"{Production}/promote", ("run", "1"), ("override", "The shop is down."));
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
        var number = server.Plane.Environment("shop", "production")!.Live!.Deployment;
        Assert.Contains("The shop is down.", await ReadAsync(server, $"{Production}/deployments/{number}"));
    }

    [Fact]
    public async Task Freeze_stands_on_the_page_until_it_is_lifted()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Contains($"{Production}/freeze", await ReadAsync(server, Production));
        Assert.Contains("name=\"until\" type=\"datetime-local\" required", await ReadAsync(server, $"{Production}/freeze"));
        (string, string)[] given = [("until", $"{Tomorrow(server)}T08:30"), ("from", ""), ("zone", "Europe/Amsterdam"), ("reason", "<b>The sale.</b>")];
        using var wrong = await SendAsync(server, $"{Production}/freeze", [.. given[1..]]);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using var frozen = await SendAsync(server, $"{Production}/freeze", given);
        Assert.Equal(HttpStatusCode.SeeOther, frozen.StatusCode);
        var freeze = Assert.Single(server.Plane.Environment("shop", "production")!.Freezes);
        Assert.Equal(30, freeze.Until.Minute);
        var page = await ReadAsync(server, Production);
        Assert.Contains("Frozen by owner", page);
        Assert.Contains("&lt;b&gt;The sale.&lt;/b&gt;", page);
        using var lifted = await SendAsync(server, $"{Production}/unfreeze");
        Assert.Equal(HttpStatusCode.SeeOther, lifted.StatusCode);
        Assert.DoesNotContain("Frozen by owner", await ReadAsync(server, Production));
    }

    private static string Tomorrow(RunningServer server) =>
        server.Time.GetUtcNow().AddDays(1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static Task WaitsAsync(RunningServer server) =>
        Eventually.That(() => server.Plane.Environment("shop", "production")?.Waiting.Any() == true, "something waits");

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]*/approve)\">\\s*<input type=\"hidden\" name=\"replaces\" value=\"(?<replaces>[0-9]+)\"[^>]*><input type=\"hidden\" name=\"settings\" value=\"(?<settings>[0-9]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
