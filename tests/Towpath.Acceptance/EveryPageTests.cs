using Microsoft.Playwright;

namespace Towpath.Acceptance;

/// <summary>
/// Every page in a real browser, wide and narrow, light and dark. With TOWPATH_SCREENSHOTS=FOLDER a picture of each is written there.
/// </summary>
[Collection(ShowcaseTests.Name)]
public sealed class EveryPageTests(Showcase showcase)
{
    private const string Place = $"/{Showcase.Usual}/environments/production";

    private const string Canary = $"/{Showcase.Visited}/environments/production";

    /// <summary>Name of the picture, and address.</summary>
    private static readonly (string Name, string Path)[] Pages =
    [
        ("projects", "/"), ("find", "/-/find?q=tide"), ("approvals", "/-/approvals"), ("audit", "/-/audit"), ("agents", "/-/agents"), ("server", "/-/server"),
        ("sign-out", "/-/sign-out"), ("project", $"/{Showcase.Usual}"), ("project-settings", $"/{Showcase.Usual}/settings"),
        ("run", $"/{Showcase.Usual}/runs/3"), ("pipeline", $"/{Showcase.Usual}/runs/3/pipeline"), ("run-failed", $"/{Showcase.Usual}/runs/4"), ("package", $"/{Showcase.Usual}/runs/2/package"),
        ("package-found", $"/{Showcase.Usual}/runs/3/package?layer=deploy&find=l"), ("environment", Place),
        ("environment-held", $"/{Showcase.Usual}/environments/staging"), ("deployment", $"{Place}/deployments/2"),
        ("environment-canary", Canary), ("deployment-canary", $"{Canary}/deployments/2"), ("analysis", $"{Canary}/deployments/2/analysis"),
        ("settings", $"/{Showcase.Usual}/environments/staging/settings"), ("question-rollback", $"{Place}/rollback"), ("question-hold", $"{Place}/hold"),
        ("question-freeze", $"{Place}/freeze"), ("question-promote", $"/{Showcase.Usual}/environments/staging/promote"),
        ("hostile-run", $"/{Showcase.Hostile}/runs/2"), ("hostile-package", $"/{Showcase.Hostile}/runs/1/package"),
        ("hostile-environment", $"/{Showcase.Hostile}/environments/production"),
    ];

    public static TheoryData<string> Screens => [.. Screen.All.Select(screen => screen.Name)];

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task Every_page_is_accessible_fits_and_minds_its_own_business(string name)
    {
        var screen = Screen.All.Single(screen => screen.Name == name);
        await using var browsing = await Browsing.StartAsync(showcase.Up);
        var page = await browsing.PageAsync(screen);
        var found = new List<string>();
        foreach (var (picture, path) in Pages)
        {
            Assert.Equal(200, (await page.GotoAsync(path))!.Status);
            await LookAsync(page, $"{picture}-{name}", found);
        }

        await page.GotoAsync($"/{Showcase.Usual}");
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("prod");
        await Assertions.Expect(page.GetByRole(AriaRole.Option, new() { Name = "production" }).First).ToBeVisibleAsync();
        await LookAsync(page, $"palette-{name}", found, whole: false);

        await page.GotoAsync($"/{Showcase.Usual}/runs/4#L1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Whole line" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Region, new() { Name = "Whole line" })).ToContainTextAsync("run 4");
        await LookAsync(page, $"log-line-{name}", found);

        // The browser itself complains of these.
        found.AddRange(browsing.Complaints);
        await page.GotoAsync("/no/such/page");
        await LookAsync(page, $"nothing-here-{name}", found);
        await page.Context.ClearCookiesAsync();
        await page.GotoAsync("/");
        await LookAsync(page, $"signed-out-{name}", found);
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Fact]
    public async Task Everything_can_be_read_without_script()
    {
        await using var browsing = await Browsing.StartAsync(showcase.Up);
        var page = await browsing.PageAsync(javaScript: false);
        await page.GotoAsync($"/{Showcase.Usual}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Find" }).ClickAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("tide");
        await page.GetByRole(AriaRole.Button, new() { Name = "Find", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Show the tide table" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Show the tide table" })).ToBeVisibleAsync();
        Assert.Empty(browsing.Complaints);
    }

    private static async Task LookAsync(IPage page, string picture, List<string> found, bool whole = true)
    {
        found.AddRange((await Browsing.AxeAsync(page)).Select(line => $"{picture}: {line}"));
        if (await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"))
            found.Add($"{picture}: is wider than the screen");
        if (Environment.GetEnvironmentVariable("TOWPATH_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, picture + ".png"), FullPage = whole });
    }
}
