using Microsoft.Playwright;

namespace Towpath.Acceptance;

/// <summary>What matters most is done with Tab and Enter alone.</summary>
public sealed class KeyboardTests(UpFixture fixture)
{
    private readonly UpTowpath up = fixture.Up;

    [Fact]
    public async Task Approve_hold_resume_and_roll_back_without_a_mouse()
    {
        const string place = "/keys/environments/production";
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "keys");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production).Replace(
            "after: [staging],", "after: [staging], gates: [{ approval: 1 }],", StringComparison.Ordinal));
        await using var browsing = await Browsing.StartAsync(up);
        var page = await browsing.PageAsync();
        foreach (var (run, text) in ((string, string)[])[("1", "Page one"), ("2", "Page two")])
        {
            repository.Write("public/index.html", text);
            await repository.CommitAsync(text);
            (await repository.PushAsync()).Expect(0);
            (await repository.RunAsync("deployments", "wait", "--run", run, "--environment", "staging")).Expect(0);
            await page.GotoAsync(place);
            await Browsing.TabToAsync(page, "Approve");
            await page.Keyboard.PressAsync("Enter");
            (await repository.RunAsync("deployments", "wait", "--run", run, "--environment", "production")).Expect(0);
            Assert.Equal(text, await Site.PageAsync(production));
        }

        await page.GotoAsync(place);
        await Browsing.TabToAsync(page, "Hold");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync($"{up.Url}{place}/hold");
        await Browsing.TabToAsync(page, "Hold");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByText("Held by owner")).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("resume keys");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync($"{up.Url}{place}/resume");
        await Browsing.TabToAsync(page, "Resume");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync($"{up.Url}{place}");
        await Assertions.Expect(page.GetByText("Held by owner")).ToHaveCountAsync(0);

        await Browsing.TabToAsync(page, "Roll back to run 1");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync($"{up.Url}{place}/rollback");
        await Browsing.TabToAsync(page, "Roll back to run 1");
        await page.Keyboard.PressAsync("Enter");
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal("Page one", await Site.PageAsync(production));
        Assert.Empty(browsing.Complaints);
    }

    [Fact]
    public async Task The_palette_says_to_everybody_what_is_chosen()
    {
        await using var browsing = await Browsing.StartAsync(up);
        var page = await browsing.PageAsync();
        await page.GotoAsync("/");
        await Browsing.TabToAsync(page, "Find");
        await page.Keyboard.PressAsync("Enter");
        var box = page.GetByRole(AriaRole.Combobox);
        await Assertions.Expect(box).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("ap");
        var options = page.GetByRole(AriaRole.Option);
        // Before that, what is shown to an empty box may be there. The description of the API has these letters too.
        await Assertions.Expect(options.First).ToContainTextAsync("Approvals");
        await Assertions.Expect(box).ToHaveAttributeAsync("aria-activedescendant", "palette-0");
        await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(box).ToHaveAttributeAsync("aria-activedescendant", "palette-1");
        await Assertions.Expect(page.Locator("[role=option][aria-selected=true]")).ToHaveIdAsync("palette-1");
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(options.Last).ToHaveAttributeAsync("aria-selected", "true");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(box).ToBeHiddenAsync();
        // Where one was before.
        await Assertions.Expect(page.Locator("[data-palette]")).ToBeFocusedAsync();

        // Whoever types fast goes to what they typed, and not to what was shown before.
        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("agents");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page).ToHaveURLAsync($"{up.Url}/-/agents");
        Assert.Empty(browsing.Complaints);
    }
}
