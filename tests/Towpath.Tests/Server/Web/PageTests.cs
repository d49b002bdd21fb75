using System.Net;
using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

public sealed partial class PageTests
{
    private const string Hostile = "<script>alert(1)</script>";
    private const string EncodedHostile = "&lt;script&gt;alert(1)&lt;/script&gt;";

    [Fact]
    public async Task A_browser_that_is_not_signed_in_is_told_how_to_be()
    {
        await using var server = await RunningServer.StartAsync();
        using var browser = Of(server);
        browser.DefaultRequestHeaders.Authorization = null;
        using var response = await browser.GetAsync("/", RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var page = await response.Content.ReadAsStringAsync(RunningServer.Cancel);
        Assert.Contains("towpath open", page);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(Style().Match(page).Groups[1].Value, RunningServer.Cancel)).StatusCode);
    }

    [Fact]
    public async Task An_empty_server_says_how_to_push_the_first_project()
    {
        await using var server = await RunningServer.StartAsync();
        var page = await ReadAsync(server, "/");
        Assert.Contains("git push towpath HEAD", page);
        Assert.Contains($"{server.Url.GetLeftPart(UriPartial.Authority)}/git/NAME.git", page);
    }

    [Fact]
    public async Task Every_page_is_whole_and_shows_nothing_unencoded()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is RunJob { Run: 2, Job.Name: "test" } job
            ? ScriptedWork.Job(job, Outcome.Failed, Hostile, new TestResults(0, 1, 0, [new FailedTest(Hostile, Hostile)]))
            : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First, Hostile);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", Commits.Second, Hostile);
        await server.RunEndsAsync("shop", 2);
        await server.LogAsync("shop/runs/2/jobs/test/attempts/1", 1, true, Hostile);
        await server.LogAsync("shop/environments/production/deployments/1/start", 1, true, Hostile);
        await server.PostAsync("/api/v1/projects/shop/environments/production/hold", new { reason = Hostile });
        foreach (var path in new[] { "/", "/shop", "/shop/runs/1", "/shop/runs/2", "/shop/environments/staging",
            "/shop/environments/production", "/shop/environments/production/deployments/1" })
        {
            var page = await ReadAsync(server, path);
            Assert.DoesNotContain(Hostile, page);
            Assert.Contains(EncodedHostile, page);
            Assert.EndsWith("</html>", page.TrimEnd());
            Assert.Single(Headings().Matches(page));
            // The content policy forbids both.
            Assert.DoesNotContain(" style=", page);
            Assert.DoesNotContain(" onclick=", page);
        }
    }

    [Fact]
    public async Task A_run_that_failed_shows_its_failed_tests_and_log_and_can_be_run_again()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is RunJob { Run: 1 } job
            ? ScriptedWork.Job(job, Outcome.Failed, "exit code 1", new TestResults(3, 1, 0, [new FailedTest("Cart.Total", "Expected: 17")]))
            : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);
        await server.LogAsync("shop/runs/1/jobs/test/attempts/1", 1, true, "first", "second");
        var page = await ReadAsync(server, "/shop/runs/1");
        Assert.Contains("Cart.Total", page);
        Assert.Contains("Expected: 17", page);
        Assert.Contains("id=\"L2\"", page);
        using var again = await SendAsync(server, "/shop/runs/1/retry");
        Assert.Equal((HttpStatusCode.SeeOther, "/shop/runs/2"), (again.StatusCode, again.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task The_end_of_a_long_log_is_shown_and_the_rest_is_a_page_away()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        await server.LogAsync(
            "shop/runs/1/jobs/test/attempts/1", 1, false, [.. Enumerable.Range(1, 1500).Select(number => $"line {number}")]);
        var page = await ReadAsync(server, "/shop/runs/1");
        Assert.Contains("id=\"L1500\"", page);
        Assert.Contains("id=\"L1101\"", page);
        Assert.DoesNotContain("id=\"L1100\"", page);
        Assert.Contains("data-log=\"shop/runs/1/jobs/test/attempts/1\" data-first=\"1101\" data-next=\"1501\" data-end=\"\">", page);
        var earlier = await ReadAsync(server, "/shop/runs/1?job=test&attempt=1&from=1");
        Assert.Contains("id=\"L1\"", earlier);
        Assert.Contains("data-first=\"1\" data-next=\"401\">", earlier);
        Assert.StartsWith("line 1\nline 2\n", await ReadAsync(server, "/-/text/shop/runs/1/jobs/test/attempts/1"));
    }

    [Fact]
    public async Task A_rollback_says_what_it_will_do_before_it_is_done()
    {
        await using var server = await WithTwoVersionsAsync();
        Assert.Contains("Roll back to run 1 (1111111), live until ", await ReadAsync(server, "/shop/environments/production"));
        var question = await ReadAsync(server, "/shop/environments/production/rollback");
        Assert.Contains("It replaces run 2 (2222222)", question);
        using var done = await SendAsync(server, "/shop/environments/production/rollback", ("reason", "wrong prices"));
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Contains("wrong prices", await ReadAsync(server, "/shop/environments/production"));
        using var resumed = await SendAsync(server, "/shop/environments/production/resume");
        Assert.Equal(HttpStatusCode.SeeOther, resumed.StatusCode);
        Assert.Null(server.Plane.Environment("shop", "production")!.Hold);
    }

    [Fact]
    public async Task Every_version_that_is_kept_is_one_click_away()
    {
        await using var server = await WithTwoVersionsAsync();
        await server.PushAsync("shop", Commits.Third);
        await server.GoesLiveAsync("shop", "production", 3);
        var page = await ReadAsync(server, "/shop/environments/production");
        Assert.Contains("/rollback?to=1\"", page);
        Assert.Contains("/rollback?to=2\"", page);
        Assert.DoesNotContain("/rollback?to=3\"", page);
        var question = await ReadAsync(server, "/shop/environments/production/rollback?to=1");
        Assert.Contains("Roll back production to run 1?", question);
        Assert.Contains("name=\"to\" value=\"1\"", question);
        Assert.Contains("There is no way back to run 3", await ReadAsync(server, "/shop/environments/production/rollback?to=3"));
        using var done = await SendAsync(server, "/shop/environments/production/rollback", ("to", "1"));
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
    }

    [Fact]
    public async Task Going_back_to_an_older_run_is_asked_twice()
    {
        await using var server = await WithTwoVersionsAsync();
        using var asked = await SendAsync(server, "/shop/environments/production/promote", ("run", "1"));
        Assert.Equal(HttpStatusCode.Conflict, asked.StatusCode);
        Assert.Contains("name=\"confirmOlder\" value=\"true\"", await asked.Content.ReadAsStringAsync(RunningServer.Cancel));
        using var done = await SendAsync(server, "/shop/environments/production/promote", ("run", "1"), ("confirmOlder", "true"));
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
    }

    [Fact]
    public async Task What_cannot_be_done_is_explained()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        using var refused = await SendAsync(server, "/shop/environments/production/rollback");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("no earlier version", await refused.Content.ReadAsStringAsync(RunningServer.Cancel));
        Assert.Equal(DeploymentKind.Deploy, server.Plane.Environment("shop", "production")!.Deployments[^1].Kind);
    }

    [Fact]
    public async Task Settings_are_changed_on_a_page_and_secrets_stay_secret()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        const string place = "/shop/environments/production";
        Assert.Equal(HttpStatusCode.SeeOther, (await SendAsync(server, place + "/settings", ("name", "LOG"), ("value", "debug")))
            .StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await SendAsync(server, place + "/secrets", ("name", "KEY"), ("value", "hunter2")))
            .StatusCode);
        var page = await ReadAsync(server, place + "/settings");
        Assert.Contains("debug", page);
        Assert.Contains("KEY", page);
        Assert.DoesNotContain("hunter2", page);
        Assert.Equal("hunter2", server.Secrets.Reveal("shop", "production", ["KEY"]).Values["KEY"]);
        using var wrong = await SendAsync(server, place + "/settings", ("name", "1"), ("value", "x"));
        Assert.Contains("no name for a variable", WebUtility.HtmlDecode(await wrong.Content.ReadAsStringAsync(RunningServer.Cancel)));
        Assert.Equal(HttpStatusCode.SeeOther, (await SendAsync(server, place + "/settings", ("remove", "LOG"))).StatusCode);
        Assert.Empty(server.Plane.Environment("shop", "production")!.Settings.Variables);
    }

    [Fact]
    public async Task What_does_not_exist_is_said_kindly()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        using var browser = Of(server);
        foreach (var (path, sentence) in new[]
        {
            ("/nothing", "There is no project"), ("/shop/runs/99", "no run 99"), ("/shop/environments/moon", "no environment"),
            ("/shop/environments/production/deployments/99", "no deployment 99"), ("/shop/some/where/else", "no page"),
        })
        {
            using var response = await browser.GetAsync(path, RunningServer.Cancel);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Contains(sentence, WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(RunningServer.Cancel)));
        }
    }

    [Fact]
    public async Task An_address_that_makes_no_sense_is_answered_with_a_page()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        using var browser = Of(server);
        using var response = await browser.GetAsync("/shop?before=yesterday", RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("That did not work", await response.Content.ReadAsStringAsync(RunningServer.Cancel));
        using var log = await browser.GetAsync("/-/text/shop//runs", RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.NotFound, log.StatusCode);
    }

    [Fact]
    public async Task A_form_of_another_site_does_nothing()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        using var browser = Of(server);
        browser.DefaultRequestHeaders.Add("Origin", "http://evil.example");
        using var response = await browser.PostAsync(
            "/shop/environments/production/stop", new FormUrlEncodedContent([]), RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.NotNull(server.Plane.Environment("shop", "production")!.Live);
        Assert.Null(server.Plane.Environment("shop", "production")!.Hold);
    }

    private static async Task<RunningServer> WithTwoVersionsAsync()
    {
        var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", Commits.Second);
        await server.GoesLiveAsync("shop", "production", 2);
        return server;
    }

    [GeneratedRegex("<h1>")]
    private static partial Regex Headings();

    [GeneratedRegex("<link rel=\"stylesheet\" href=\"([^\"]+)\"")]
    private static partial Regex Style();
}
