using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Towpath.Core.Agents;
using Towpath.Core.Runs;

namespace Towpath.Tests.Server.Web;

/// <summary>Badges are seen without signing in, by those who were given their address.</summary>
public sealed partial class BadgePageTests
{
    [Fact]
    public async Task A_badge_says_how_things_are_to_people_who_are_not_signed_in()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        var hrefs = await HrefsAsync(server);
        Assert.Equal(3, hrefs.Count);
        Assert.Equal("shop: run 1 succeeded", await TitleAsync(server, hrefs[0]));
        Assert.Equal("staging: run 1 live", await TitleAsync(server, hrefs[1]));
        Assert.Equal("production: run 1 live", await TitleAsync(server, hrefs[2]));
        await server.PostAsync("/api/v1/projects/shop/environments/production/hold", new { reason = "Look at it." });
        Assert.Equal("production: held, run 1 live", await TitleAsync(server, hrefs[2]));
        server.Work.Script = command => command is RunJob ? null : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.Second);
        await Eventually.That(() => server.Plane.Run("shop", 2)?.Status == RunStatus.Running, "run 2 runs");
        Assert.Equal("shop: run 2 running", await TitleAsync(server, hrefs[0]));
    }

    [Fact]
    public async Task Other_branches_do_not_change_the_projects_badge()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);
        await server.PushAsync("shop", Commits.Second, reference: "refs/heads/other");
        await server.RunEndsAsync("shop", 2);
        Assert.Equal("shop: run 1 succeeded", await TitleAsync(server, (await HrefsAsync(server))[0]));
    }

    [Fact]
    public async Task Without_the_right_key_there_is_nothing_not_even_a_project()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        var hrefs = await HrefsAsync(server);
        var key = hrefs[0].Split("key=")[1];
        using var stranger = server.NewClient();
        var answers = new List<string>();
        foreach (var path in (string[])
        [
            "/-/badge/shop.svg", "/-/badge/shop.svg?key=", "/-/badge/shop.svg?key=" + key[1..], "/-/badge/shop.svg?key=%C3%BC", "/-/badge/nothing.svg",
            "/-/badge/nothing.svg?key=" + key, "/-/badge/shop/production.svg?key=" + key, "/-/badge/shop/production.svg", "/-/badge/shop/moon.svg?key=" + key,
            "/-/badge/shop", "/-/badge",
        ])
        {
            using var response = await stranger.GetAsync(path, RunningServer.Cancel);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            if (path.Contains(".svg", StringComparison.Ordinal))
                answers.Add(await response.Content.ReadAsStringAsync(RunningServer.Cancel));
        }

        // What is there and what is not are told apart by nothing.
        Assert.Single(answers.Distinct());
        using var post = await stranger.PostAsync(hrefs[0], null, RunningServer.Cancel);
        Assert.False(post.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_badge_is_asked_for_again_each_time_and_sent_again_when_it_changed()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        var href = (await HrefsAsync(server))[2];
        using var stranger = server.NewClient();
        using var first = await stranger.GetAsync(href, RunningServer.Cancel);
        Assert.Equal("no-cache", first.Headers.CacheControl?.ToString());
        Assert.Equal("image/svg+xml", first.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["cross-origin"], first.Headers.GetValues("Cross-Origin-Resource-Policy"));
        Assert.Equal(HttpStatusCode.NotModified, await AgainAsync());
        await server.PostAsync("/api/v1/projects/shop/environments/production/hold", new { reason = "Look at it." });
        Assert.Equal(HttpStatusCode.OK, await AgainAsync());

        async Task<HttpStatusCode> AgainAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, href);
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(first.Headers.ETag!.ToString()));
            using var response = await stranger.SendAsync(request, RunningServer.Cancel);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task The_Markdown_stands_on_the_environments_page()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        var page = await Browser.TextAsync(server, "/shop/environments/production");
        var root = server.Url.GetLeftPart(UriPartial.Authority);
        Assert.Contains($"[![production of shop]({root}/-/badge/shop/production.svg?key=", page);
        Assert.Contains($")]({root}/shop/environments/production)", page);
    }

    private static async Task<string> TitleAsync(RunningServer server, string href)
    {
        using var stranger = server.NewClient();
        var svg = XDocument.Parse(await stranger.GetStringAsync(href, RunningServer.Cancel)).Root!;
        var texts = svg.Descendants(svg.Name.Namespace + "text").ToList();
        // All of the text is in the picture, and the two parts do not touch.
        var ends = texts.Select(text => (int)text.Attribute("x")! + (int)text.Attribute("textLength")!).ToList();
        Assert.True(ends[0] < (int)texts[1].Attribute("x")!);
        Assert.True(ends[1] < (int)svg.Attribute("width")!);
        return svg.Element(svg.Name.Namespace + "title")!.Value;
    }

    /// <summary>Of the project's badge and those of its environments, as its settings show them.</summary>
    private static async Task<IReadOnlyList<string>> HrefsAsync(RunningServer server) =>
        [.. Badge().Matches(await Browser.TextAsync(server, "/shop/settings")).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("<img src=\"([^\"]+)\"")]
    private static partial Regex Badge();
}
