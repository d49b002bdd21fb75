using Microsoft.Playwright;

namespace Towpath.Acceptance;

/// <summary>What others wrote is shown as they wrote it, and does nothing.</summary>
[Collection(ShowcaseTests.Name)]
public sealed class HostileContentTests(Showcase showcase)
{
    [Theory]
    [InlineData("/", "subject")]
    [InlineData("/hostile", "subject, branch, hold")]
    [InlineData("/hostile/runs/1", "subject, line")]
    [InlineData("/hostile/runs/2", "subject, branch, line, test")]
    [InlineData("/hostile/runs/1/package", "subject, file")]
    [InlineData("/hostile/environments/production", "subject, hold")]
    [InlineData("/hostile/environments/production/deployments/1", "subject")]
    [InlineData("/-/find?q=hostile", "subject, branch")]
    [InlineData("/-/audit?project=hostile", "hold")]
    public async Task Markup_stays_text(string path, string where)
    {
        await using var browsing = await Browsing.StartAsync(showcase.Up);
        var page = await browsing.PageAsync();
        await page.GotoAsync(path);
        // It is there: else nothing was tried.
        await Assertions.Expect(page.Locator("main").GetByText(Showcase.Markup).First).ToBeAttachedAsync();
        if (where.Contains("branch", StringComparison.Ordinal))
            await Assertions.Expect(page.Locator("main").GetByText(Showcase.Branch).First).ToBeAttachedAsync();
        if (where.Contains("file", StringComparison.Ordinal))
            await Assertions.Expect(page.Locator("main").GetByText(Showcase.FileName.Replace("\u202E", "⟨U+202E⟩", StringComparison.Ordinal))).ToBeVisibleAsync();
        await InertAsync(browsing, page);
    }

    [Fact]
    public async Task Markup_stays_text_in_the_palette_and_in_what_comes_while_one_looks()
    {
        await using var browsing = await Browsing.StartAsync(showcase.Up);
        var page = await browsing.PageAsync();
        await page.GotoAsync("/hostile/environments/staging");
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("onerror");
        await Assertions.Expect(page.GetByRole(AriaRole.Option).GetByText(Showcase.Markup).First).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        (await showcase.Up.RunAsync("hold", "--project", Showcase.Hostile, "--environment", "staging", "--reason", Showcase.Markup)).Expect(0);
        await Assertions.Expect(page.GetByRole(AriaRole.Status).GetByText(Showcase.Markup)).ToBeVisibleAsync();
        await Assertions.Expect(page).ToHaveTitleAsync("Held · staging of hostile · Towpath");
        await Assertions.Expect(page.Locator("link[rel=icon]")).ToHaveAttributeAsync("href", IconHeld());
        (await showcase.Up.RunAsync("resume", "--project", Showcase.Hostile, "--environment", "staging")).Expect(0);
        await Assertions.Expect(page).ToHaveTitleAsync("Live · staging of hostile · Towpath");
        await InertAsync(browsing, page);
    }

    private static System.Text.RegularExpressions.Regex IconHeld() => new("/icon-warn\\.svg$");

    private static async Task InertAsync(Browsing browsing, IPage page)
    {
        Assert.False(await page.EvaluateAsync<bool>("() => 'pwned' in window"));
        Assert.Equal(0, await page.Locator("img[src=x], script:not([src])").CountAsync());
        Assert.Empty(browsing.Complaints);
    }
}
