using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Measures;
using Towpath.Tests.Server.Api;
using Towpath.Tests.Server.Git;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

/// <summary>Everything at a glance: the overview, and the page of a project.</summary>
public sealed partial class OverviewPageTests
{
    private const string Hostile = "<script>alert(1)</script>";
    private const string EncodedHostile = "&lt;script&gt;alert(1)&lt;/script&gt;";

    [Fact]
    public async Task Environments_say_what_is_live_and_nobody_is_needed_where_all_goes_well()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First, "Sell boats");
        await server.GoesLiveAsync("shop", "production", 1);
        var page = await ReadAsync(server, "/");
        Assert.Contains("<a href=\"/shop/environments/production\">production</a>", page);
        Assert.Contains($"<a href=\"/shop/runs/1\" title=\"Run 1\"><code>{Commits.First[..7]}</code></a>", page);
        Assert.Contains("<div data-part=\"needs\" hidden></div>", page);
        Assert.DoesNotContain("Needs you", page);
    }

    [Fact]
    public async Task What_needs_a_person_is_on_top_with_the_way_to_it_and_goes_when_it_is_done()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First, pipeline: GateEndpointsTests.WithGates("[{ approval: 1 }]"));
        await Eventually.That(() => server.Plane.Environment("shop", "production")?.HasWaiting == true, "it waits");
        await server.PostAsync("/api/v1/projects/shop/environments/staging/hold", new { reason = "The sale." });
        var page = await ReadAsync(server, "/");
        var needs = page[page.IndexOf("Needs you", StringComparison.Ordinal)..page.IndexOf("data-part=\"projects\"", StringComparison.Ordinal)];
        Assert.Equal(
            [("/shop/environments/production", "shop / production"), ("/shop/environments/staging", "shop / staging")],
            Needs().Matches(needs).Select(match => (match.Groups[1].Value, match.Groups[2].Value)));
        Assert.Contains("Run 1 is to become live. It waits for an approval.", needs);
        Assert.Contains("The sale.", needs);
        Assert.Contains("waits</span><span class=\"soft\">for: approval", page);
        await server.PostAsync("/api/v1/projects/shop/environments/staging/resume");
        await server.PostAsync("/api/v1/projects/shop/environments/production/deployments/1/approve");
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.DoesNotContain("Needs you", await ReadAsync(server, "/"));
    }

    [Fact]
    public async Task What_changed_is_on_the_page_at_once_although_it_is_kept()
    {
        await using var server = await RunningServer.StartAsync();
        Assert.Contains("No project yet", await ReadAsync(server, "/"));
        await server.PushAsync("shop", Commits.First, "Sell boats");
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Contains(Commits.First[..7], await ReadAsync(server, "/"));
        await server.PushAsync("shop", Commits.Second, "Sell rafts");
        await server.GoesLiveAsync("shop", "production", 2);
        var page = await ReadAsync(server, "/");
        Assert.Contains("Sell rafts", page);
        Assert.DoesNotContain(Commits.First[..7], page);
    }

    [Fact]
    public async Task Figures_are_shown_asked_for_alone_and_told_by_the_API()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.False((await server.GetAsync("/api/v1/projects/shop/environments/production")).TryGetProperty("health", out var none) && none.ValueKind is not System.Text.Json.JsonValueKind.Null);
        Assert.Contains("No figures now", WebUtility.HtmlDecode(await ReadAsync(server, "/shop/environments/production")));
        for (var sample = 0; sample < 6; sample++)
            Tell(server, requests: 600, failures: 12);
        foreach (var path in new[] { "/", "/shop", "/shop/environments/production", "/-/figures", "/-/figures?project=shop&environment=production" })
        {
            var page = await ReadAsync(server, path);
            Assert.Contains("<b>120</b>/s", page);
            Assert.Contains("<b>2.0 %</b> errors", page);
            Assert.Contains("<svg class=\"spark\"", page);
        }

        var figures = await ReadAsync(server, "/-/figures?project=shop&environment=production");
        Assert.Contains("data-part=\"shop/production\"", figures);
        Assert.DoesNotContain("shop/staging", figures);
        Assert.DoesNotContain("<html", figures);
        Assert.Contains("data-part=\"shop/staging\"", await ReadAsync(server, "/-/figures"));
        Assert.Contains("data-figures=\"/-/figures\"", await ReadAsync(server, "/"));
        var health = (await server.GetAsync("/api/v1/projects/shop/environments/production")).GetProperty("health");
        Assert.Equal((120, 0.02), (health.GetProperty("requestsPerSecond").GetDouble(), health.GetProperty("errors").GetDouble()));
        Assert.InRange(health.GetProperty("p95Ms").GetDouble(), 7.8, 8.2);
        Assert.False(health.TryGetProperty("points", out _));
    }

    [Fact]
    public async Task Way_of_each_commit_is_drawn_with_where_it_came_to()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        server.Work.Script = command => command is CheckRelease { Plan: { Run: 2, Environment: "staging" } }
            ? new Towpath.Core.Environments.StageAnswered(command.Id, Outcome.Failed, Hostile) : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.Second);
        await Eventually.That(() => server.Plane.Environment("shop", "staging") is { Active: null, NextDeployment: 3 }, "it failed");
        await server.PushAsync("shop", Commits.Third, reference: "refs/heads/idea");
        await server.RunEndsAsync("shop", 3);
        var page = await ReadAsync(server, "/shop");
        Assert.Equal(
            ["build Succeeded", "build Succeeded, staging Failed, production Not reached", "build Succeeded, staging Live now, production Live now"],
            Lines().Matches(page).Select(line => string.Join(", ", Station().Matches(line.Value).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}"))));
        Assert.Contains("href=\"/shop/environments/staging/deployments/2\"", page);
        Assert.Contains("builds and tests only", page);
        Assert.DoesNotContain(Hostile, page);
        Assert.Contains(EncodedHostile, page);
    }

    [Fact]
    public async Task Project_page_says_which_commits_come_next_and_who_wrote_them()
    {
        await using var server = await RunningServer.StartAsync();
        using var folder = new TestFolder();
        var client = new GitClient(folder.At("work", "shop"));
        var first = client.Commit("One");
        client.Do("-c", $"user.name={Hostile} & Co", "commit", "-q", "--allow-empty", "-m", Hostile);
        var last = client.Commit("Three");
        server.Repositories.Create("shop");
        client.Do("push", "-q", server.Repositories.PathOf("shop"), "main");
        await server.PushAsync("shop", first, "One");
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", last, "Three", pipeline: GateEndpointsTests.WithGates("[{ approval: 1 }]"));
        await Eventually.That(() => server.Plane.Environment("shop", "production")?.HasWaiting == true, "it waits");
        var page = await ReadAsync(server, "/shop");
        var next = page[page.IndexOf("What comes next", StringComparison.Ordinal)..page.IndexOf("runs-title", StringComparison.Ordinal)];
        Assert.Contains("2 commits", next);
        Assert.Contains($"<span>{EncodedHostile}</span>", next);
        // Git itself takes the brackets out of a name.
        Assert.Contains("scriptalert(1)/script &amp; Co", next);
        Assert.DoesNotContain(Hostile, page);
        Assert.Contains("<span>Test</span>", await ReadAsync(server, "/"));
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task Pages_and_assets_are_compressed_and_streams_are_not(string encoding)
    {
        await using var server = await RunningServer.StartAsync();
        using var browser = Of(server);
        browser.DefaultRequestHeaders.AcceptEncoding.ParseAdd(encoding);
        using var page = await browser.GetAsync("/", RunningServer.Cancel);
        Assert.Equal([encoding], page.Content.Headers.ContentEncoding);
        await using var body = await page.Content.ReadAsStreamAsync(RunningServer.Cancel);
        await using Stream plain = encoding == "br" ? new BrotliStream(body, CompressionMode.Decompress) : new GZipStream(body, CompressionMode.Decompress);
        using var reader = new StreamReader(plain, Encoding.UTF8);
        var style = Style().Match(await reader.ReadToEndAsync(RunningServer.Cancel)).Groups[1].Value;
        using var asset = await browser.GetAsync(style, RunningServer.Cancel);
        Assert.Equal([encoding], asset.Content.Headers.ContentEncoding);
        using var events = await browser.GetAsync("/api/v1/events?prefix=", HttpCompletionOption.ResponseHeadersRead, RunningServer.Cancel);
        Assert.Empty(events.Content.Headers.ContentEncoding);
    }

    private static void Tell(RunningServer server, long requests, long failures) => server.Health.Take(new HealthReport
    {
        Environments =
        {
            new EnvironmentHealth
            {
                Project = "shop", Environment = "production", SpanMs = 5000, Requests = requests, Failures = failures,
                Buckets = { (uint)LatencyBuckets.IndexOf(8000) }, Counts = { requests - failures },
            },
        },
    });

    [GeneratedRegex("<a class=\"cover\" href=\"([^\"]+)\">([^<]+)</a>")]
    private static partial Regex Needs();

    [GeneratedRegex("<ol class=\"line\".*?</ol>", RegexOptions.Singleline)]
    private static partial Regex Lines();

    [GeneratedRegex("</span>\\s*<(?:a|span)[^>]*>([^<]+)</(?:a|span)>\\s*<span class=\"state\">([^<]+)</span>")]
    private static partial Regex Station();

    [GeneratedRegex("<link rel=\"stylesheet\" href=\"([^\"]+)\"")]
    private static partial Regex Style();
}
