using System.Net;
using System.Text.Json;
using Towpath.Core.Agents;

namespace Towpath.Tests.Server.Web;

/// <summary>Finding things by a piece of them.</summary>
public sealed class PalettePageTests
{
    private const string Hostile = "<img src=x onerror=alert(1)>";

    [Fact]
    public async Task A_run_is_found_by_its_number_its_subject_and_its_commit()
    {
        await using var server = await WithTwoProjectsAsync();
        Assert.Equal(["/shop/runs/2"], await HrefsAsync(server, "run 2", "run"));
        Assert.Equal(["/shop/runs/2"], await HrefsAsync(server, "#2", "run"));
        Assert.Equal(["/shop/runs/2"], await HrefsAsync(server, "sell oars", "run"));
        Assert.Equal(["/shop/runs/2"], await HrefsAsync(server, "2222", "run"));
        Assert.Equal("/shop/runs/2", (await AnswersAsync(server, Commits.Second))[0].Href);
        Assert.Equal("/shop/runs/1", (await AnswersAsync(server, "1111 shop"))[0].Href);
        // Three digits are a number, and no run has it.
        Assert.Empty(await HrefsAsync(server, "222", "run"));
    }

    [Fact]
    public async Task What_can_be_done_is_offered_where_it_can_be_done()
    {
        await using var server = await WithTwoProjectsAsync();
        Assert.Equal("/shop/environments/production/hold", (await AnswersAsync(server, "hold prod shop"))[0].Href);
        Assert.Contains("/shop/environments/production/rollback", await HrefsAsync(server, "rollback", "action"));
        Assert.Empty(await HrefsAsync(server, "resume", "action"));
        await server.PostAsync("/api/v1/projects/shop/environments/production/hold", new { reason = "Look at it." });
        Assert.Equal(["/shop/environments/production/resume"], await HrefsAsync(server, "resume", "action"));
        Assert.DoesNotContain("/shop/environments/production/hold", await HrefsAsync(server, "hold", "action"));
        Assert.Equal(["/-/sign-out"], await HrefsAsync(server, "sign out", "action"));
    }

    [Fact]
    public async Task Every_action_leads_to_a_page_that_asks_first()
    {
        await using var server = await WithTwoProjectsAsync();
        var until = server.Time.GetUtcNow().AddDays(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        await server.PostAsync("/api/v1/projects/shop/environments/production/freeze", new { until });
        await server.PostAsync("/api/v1/projects/shop/environments/staging/hold", new { reason = "Look at it." });
        var actions = new HashSet<string>();
        foreach (var query in (string[])["production", "staging", "shop", "out", "roll", "freeze", "again", "stop", "promote", "settings"])
            actions.UnionWith(await HrefsAsync(server, query, "action"));
        Assert.Superset(new HashSet<string>(["/shop/environments/staging/resume", "/shop/environments/production/unfreeze", "/-/sign-out",
            "/shop/environments/production/redeploy", "/shop/settings"]), actions);
        foreach (var href in actions)
            Assert.Contains("<form", await Browser.ReadAsync(server, href));
    }

    [Fact]
    public async Task The_best_answer_comes_first_and_not_all_are_given()
    {
        await using var server = await WithTwoProjectsAsync();
        Assert.Equal(("project", "shop"), await FirstAsync("shop"));
        Assert.Equal(("environment", "production"), await FirstAsync("prod"));
        Assert.Equal(("page", "Agents"), await FirstAsync("agents"));
        foreach (var project in (string[])["blog", "shop"])
        {
            var answers = await server.GetAsync($"/-/palette?q=prod&near={project}");
            Assert.Equal($"/{project}/environments/production", answers.GetProperty("answers")[0].GetProperty("href").GetString());
        }

        Assert.Empty(await AnswersAsync(server, "no such thing anywhere"));
        for (var more = 0; more < 25; more++)
            await server.PushAsync("shop", Commits.Third, "Sell more boats");
        Assert.InRange((await AnswersAsync(server, "")).Count, 10, 20);
        Assert.InRange((await AnswersAsync(server, "o")).Count, 10, 20);
        Assert.Empty(await AnswersAsync(server, new string('x', 5000)));

        async Task<(string, string)> FirstAsync(string query) => await AnswersAsync(server, query) is [var (kind, text, _, _), ..] ? (kind, text) : ("", "");
    }

    [Fact]
    public async Task The_same_answers_stand_on_a_page_without_script()
    {
        await using var server = await WithTwoProjectsAsync();
        await server.PushAsync("blog", Commits.Third, Hostile);
        Assert.Contains("href=\"/-/find\" data-palette", await Browser.ReadAsync(server, "/"));
        var page = await Browser.ReadAsync(server, "/-/find?q=img");
        Assert.Contains("href=\"/blog/runs/2\"", page);
        Assert.DoesNotContain(Hostile, page);
        Assert.Contains("value=\"img\"", page);
        Assert.Contains("value=\"&lt;img&gt;\"", await Browser.ReadAsync(server, "/-/find?q=%3Cimg%3E"));
    }

    [Fact]
    public async Task Nobody_finds_anything_without_signing_in()
    {
        await using var server = await WithTwoProjectsAsync();
        using var stranger = server.NewClient();
        foreach (var path in (string[])["/-/palette?q=shop", "/-/find?q=shop", "/-/approvals", "/-/audit", "/-/agents", "/shop/settings"])
        {
            using var response = await stranger.GetAsync(path, RunningServer.Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_run_under_way_can_be_canceled_from_the_palette()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is RunJob ? null : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First);
        Assert.Equal(["/shop/runs/1/cancel"], await HrefsAsync(server, "cancel", "action"));
    }

    private static async Task<RunningServer> WithTwoProjectsAsync()
    {
        var server = await RunningServer.StartAsync();
        await server.PushAsync("blog", Commits.Third, "Write about locks");
        await server.RunEndsAsync("blog", 1);
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", Commits.Second, "Sell oars");
        await server.GoesLiveAsync("shop", "production", 2);
        return server;
    }

    private static async Task<IReadOnlyList<(string Kind, string Text, string Detail, string Href)>> AnswersAsync(RunningServer server, string query) =>
    [
        .. (await server.GetAsync("/-/palette?q=" + Uri.EscapeDataString(query))).GetProperty("answers").EnumerateArray()
            .Select(answer => (Text(answer, "kind"), Text(answer, "text"), Text(answer, "detail"), Text(answer, "href"))),
    ];

    private static async Task<IReadOnlyList<string>> HrefsAsync(RunningServer server, string query, string kind) =>
        [.. (await AnswersAsync(server, query)).Where(answer => answer.Kind == kind).Select(answer => answer.Href)];

    private static string Text(JsonElement answer, string name) => answer.GetProperty(name).GetString()!;
}
