using System.Net;
using System.Text.RegularExpressions;
using Towpath.Core.Agents;
using Towpath.Tests.Server.Api;

namespace Towpath.Tests.Server.Web;

/// <summary>Pages over all projects.</summary>
public sealed partial class ServerPageTests
{
    private const string Hostile = "<script>alert(1)</script>";

    [Fact]
    public async Task Approvals_of_all_projects_are_given_on_one_page()
    {
        await using var server = await RunningServer.StartAsync();
        Assert.Contains("Nothing waits for an approval.", await Browser.ReadAsync(server, "/-/approvals"));
        Assert.DoesNotContain("class=\"count\"", await Browser.ReadAsync(server, "/"));
        foreach (var project in (string[])["blog", "shop"])
        {
            await server.PushAsync(project, Commits.First, Hostile, pipeline: GateEndpointsTests.WithGates("[{ approval: 1 }]"));
            await Eventually.That(() => server.Plane.Environment(project, "production")?.Waiting.Any() == true, "something waits");
        }

        var page = await Browser.ReadAsync(server, "/-/approvals");
        Assert.DoesNotContain(Hostile, page);
        Assert.Equal(["/blog/environments/production/deployments/1/approve", "/shop/environments/production/deployments/1/approve"], Actions(page));
        Assert.Contains("<span class=\"count\">2<", await Browser.ReadAsync(server, "/"));
        using var approved = await Browser.SendAsync(server, Actions(page)[1], ("replaces", "0"), ("settings", "0"), ("to", "approvals"));
        Assert.Equal((HttpStatusCode.SeeOther, "/-/approvals"), (approved.StatusCode, approved.Headers.Location?.ToString()));
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Equal(["/blog/environments/production/deployments/1/approve"], Actions(await Browser.ReadAsync(server, "/-/approvals")));
        // Nowhere else than where the server says.
        using var elsewhere = await Browser.SendAsync(
            server, Actions(page)[0], ("replaces", "0"), ("settings", "0"), ("to", "https://evil.example"));
        Assert.Equal("/blog/environments/production", elsewhere.Headers.Location?.ToString());
    }

    [Fact]
    public async Task What_holds_for_all_projects_is_on_one_page_without_the_token()
    {
        await using var server = await RunningServer.StartAsync();
        Assert.Contains("No pipeline file names one", await Browser.ReadAsync(server, "/-/server"));
        await server.PushAsync("shop", Commits.First, pipeline: GateEndpointsTests.WithGates("[{ webhook: \"https://change.example.com/?a=<b>\" }]"));
        var page = await Browser.ReadAsync(server, "/-/server");
        Assert.Contains("<a href=\"/shop/environments/production\">shop / production</a></th><td><code>https://change.example.com/?a=&lt;b&gt;</code>", page);
        Assert.DoesNotContain(RunningServer.Token, page);
    }

    [Fact]
    public async Task The_audit_says_who_did_what_newest_first_and_leaves_out_what_happened_by_itself()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("blog", Commits.First);
        Assert.Contains("Nobody has done anything", await Browser.ReadAsync(server, "/-/audit"));
        await server.PushAsync("shop", Commits.Second);
        await server.GoesLiveAsync("shop", "production", 2);
        const string place = "/shop/environments/production";
        await Browser.SendAsync(server, place + "/rollback", ("reason", Hostile));
        await server.GoesLiveAsync("shop", "production", 1);
        await Browser.SendAsync(server, place + "/resume");
        await Browser.SendAsync(server, place + "/settings", ("name", "LOG"), ("value", "debug"));
        await Browser.SendAsync(server, "/blog/environments/staging/hold", ("reason", "Wait."));
        var page = await Browser.ReadAsync(server, "/-/audit");
        Assert.DoesNotContain(Hostile, page);
        Assert.Equal(
            ["held it", "changed its settings (revision 1)", "resumed it", "rolled back to run 1", "held it"], Deeds(page));
        Assert.Contains("Wait.", page);
        Assert.Equal(["held it"], Deeds(await Browser.ReadAsync(server, "/-/audit?project=blog")));
        Assert.Equal(4, Deeds(await Browser.ReadAsync(server, "/-/audit?project=shop")).Count);
        using var missing = await Browser.Of(server).GetAsync("/-/audit?project=moon", RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task The_audit_is_read_page_by_page()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        for (var time = 0; time < 30; time++)
        {
            await Browser.SendAsync(server, "/shop/environments/staging/hold");
            await Browser.SendAsync(server, "/shop/environments/staging/resume");
        }

        var first = await Browser.TextAsync(server, "/-/audit");
        Assert.Equal(50, Deeds(first).Count);
        var second = await Browser.TextAsync(server, Back().Match(first).Groups[1].Value);
        Assert.Equal(10, Deeds(second).Count);
        Assert.DoesNotMatch(Back(), second);
        Assert.Contains("href=\"/-/audit\">Newest", second);
    }

    [Fact]
    public async Task A_deployment_that_somebody_canceled_stands_in_the_audit_once()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is StageCommand { Plan.Definition.Name: "production" } stage && stage is not WithdrawRelease
            ? null : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First);
        await Eventually.That(() => server.Plane.Environment("shop", "production")?.Active is not null, "production deploys");
        await Browser.SendAsync(server, "/shop/environments/production/deployments/1/cancel");
        await Eventually.That(() => server.Plane.Environment("shop", "production")?.Active is null, "the deployment is over");
        Assert.Equal(["canceled deployment 1"], Deeds(await Browser.ReadAsync(server, "/-/audit")));
    }

    [Fact]
    public async Task A_projects_settings_stand_on_one_page_and_secrets_by_name_only()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First, pipeline: GateEndpointsTests.WithGates("[{ webhook: { url: \"https://ask.example/ok\" } }]"));
        const string place = "/shop/environments/staging";
        await Browser.SendAsync(server, place + "/settings", ("name", "LOG"), ("value", Hostile));
        await Browser.SendAsync(server, place + "/secrets", ("name", "KEY"), ("value", "hunter2"));
        var page = await Browser.ReadAsync(server, "/shop/settings");
        Assert.Contains("<code>KEY</code>", page);
        Assert.DoesNotContain("hunter2", page);
        Assert.DoesNotContain(Hostile, page);
        Assert.Contains("https://ask.example/ok", page);
        Assert.Contains($"href=\"{place}/settings\"", page);
    }

    [Fact]
    public async Task Agents_that_are_needed_and_away_are_named()
    {
        await using var server = await RunningServer.StartAsync();
        Assert.Contains("No agent is connected", await Browser.ReadAsync(server, "/-/agents"));
        await server.PushAsync("shop", Commits.First);
        Assert.Contains("local is not connected.", await Browser.ReadAsync(server, "/-/agents"));
    }

    private static IReadOnlyList<string> Actions(string page) => [.. Approve().Matches(page).Select(match => match.Groups[1].Value)];

    private static IReadOnlyList<string> Deeds(string page) => [.. Deed().Matches(page).Select(match => match.Groups[1].Value.Trim())];

    [GeneratedRegex("action=\"([^\"]*/approve)\"")]
    private static partial Regex Approve();

    [GeneratedRegex("<strong>owner</strong> ([^<]*)")]
    private static partial Regex Deed();

    [GeneratedRegex("href=\"([^\"]*)\">Further back")]
    private static partial Regex Back();
}
