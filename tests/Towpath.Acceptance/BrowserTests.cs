using Microsoft.Playwright;

namespace Towpath.Acceptance;

/// <summary>The pages, in a real browser.</summary>
public sealed class BrowserTests(UpFixture fixture)
{
    private readonly UpTowpath up = fixture.Up;

    [Fact]
    public async Task A_person_signs_in_looks_around_and_rolls_back()
    {
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "pages");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production));
        foreach (var text in (string[])["Page one", "Page two"])
        {
            repository.Write("public/index.html", text);
            await repository.CommitAsync(text);
            (await repository.PushAsync()).Expect(0);
            var run = text == "Page one" ? "1" : "2";
            (await repository.RunAsync("deployments", "wait", "--run", run, "--environment", "production")).Expect(0);
        }

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        var page = await browser.NewPageAsync();
        var broken = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                broken.Add(message.Text);
        };

        Assert.Equal(401, (await page.GotoAsync($"{up.Url}/pages"))!.Status);
        broken.Clear();
        var link = (await up.RunAsync("open")).Expect(0).Output.Trim();
        // The page of the link goes on to the overview by itself, before or after this returns; only what is on that is waited for.
        await page.GotoAsync(link, new() { WaitUntil = WaitUntilState.Commit });
        await page.GetByRole(AriaRole.Link, new() { Name = "pages" }).First.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "pages", Exact = true })).ToBeVisibleAsync();

        await page.GotoAsync($"{up.Url}/pages/runs/2");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Page two" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "build" })).ToBeVisibleAsync();

        await page.GotoAsync($"{up.Url}/pages/environments/production/rollback");
        await page.Locator("button.primary").ClickAsync();
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal("Page one", await Site.PageAsync(production));
        await page.GotoAsync($"{up.Url}/pages/environments/production");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Run 1", Exact = true }).First).ToBeVisibleAsync();
        Assert.Empty(broken);

        // The link worked once.
        await using var stranger = await browser.NewContextAsync();
        var other = await stranger.NewPageAsync();
        Assert.Equal(401, (await other.GotoAsync(link))!.Status);
    }
}
