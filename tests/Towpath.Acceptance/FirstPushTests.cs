using Microsoft.Playwright;

namespace Towpath.Acceptance;

/// <summary>What somebody sees who has just started a server and follows its first page.</summary>
public sealed class FirstPushTests
{
    [Fact]
    public async Task First_page_turns_into_the_live_journey_when_the_push_arrives_without_a_reload()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        await using var browsing = await Browsing.StartAsync(up);
        var page = await browsing.PageAsync();
        await page.GotoAsync("/");
        await page.EvaluateAsync("window.sameDocument = true");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No project yet" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText($"{up.Url}/git/NAME.git")).ToBeVisibleAsync();

        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "first");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production));
        repository.Write("public/index.html", "Page one");
        await repository.CommitAsync("The first of all");
        (await repository.PushAsync()).Expect(0);
        var places = page.GetByRole(AriaRole.List, new() { Name = "Environments of first" });
        await Assertions.Expect(places.GetByText("The first of all")).ToHaveCountAsync(2);
        await Assertions.Expect(places.GetByText("Live", new() { Exact = true })).ToHaveCountAsync(2);
        Assert.True(await page.EvaluateAsync<bool>("window.sameDocument === true"));
        await page.GetByRole(AriaRole.Link, new() { Name = "first", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "first", Exact = true })).ToBeVisibleAsync();
        await page.GoBackAsync();
        Assert.Empty(browsing.Complaints);
        Assert.Equal("Page one", await Site.PageAsync(production));
    }
}
