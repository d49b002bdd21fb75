using Microsoft.Playwright;
using Towpath.Chaos;

namespace Towpath.Acceptance;

/// <summary>Logs of any length in a real browser.</summary>
public sealed class LogPageTests
{
    private const int Lines = 1_000_000;

    /// <summary>The first leaves a line that is wider than any screen, the second takes its time.</summary>
    private const string TwoSteps = """
        jobs:
          build:
            steps:
              - "for i in 1 2 3; do echo first $i; done; printf '%05000d the end <b>\\n' 7"
              - "for i in $(seq 60); do echo number $i; sleep 0.15; done"
        """;

    [Fact]
    public async Task Log_of_a_million_lines_opens_at_once_and_is_searched_to_its_end()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        using var repository = await Repository.CreateAsync(up, "long");
        repository.Write("towpath.yml", $$"""
            jobs:
              build:
                steps:
                  - seq {{Lines}} | sed 's/^/line /'
                  - "echo 'src/a.c: error: no such thing' >&2; printf '\\033[31mthe last %s\\033[0m <script>alert(1)</script>\\n' needle; exit 1"
            """);
        await repository.CommitAsync("A lot");
        (await repository.PushAsync()).Expect(0);
        Assert.NotEqual(0, (await repository.RunAsync("runs", "wait", "1")).Code);
        await using var browsing = await Browsing.StartAsync(up);
        var page = await browsing.PageAsync();
        await page.GotoAsync($"{up.Url}/long/runs/1");
        var log = page.GetByRole(AriaRole.Log);
        await Assertions.Expect(log).ToContainTextAsync("the last needle");
        TestContext.Current.SendDiagnosticMessage(
            $"first paint after {await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"):0} ms");

        // From its end to its beginning and to the middle, with only what is seen in the page.
        await HoldsFewAsync();
        await log.FocusAsync();
        await page.Keyboard.PressAsync("Home");
        // The browser moves there smoothly.
        await page.EvaluateAsync(
            "new Promise(done => { const look = () => document.querySelector('.log').scrollTop === 0 ? done() : requestAnimationFrame(look); look(); })");
        await Assertions.Expect(log.Locator("#L1")).ToContainTextAsync("job 'build' of run 1");
        await page.EvaluateAsync("document.querySelector('.log').scrollTop = document.querySelector('.log').scrollHeight / 2");
        await Assertions.Expect(log).ToContainTextAsync("line 500");
        for (var place = 0; place <= 20; place++)
        {
            await page.EvaluateAsync($"document.querySelector('.log').scrollTop = document.querySelector('.log').scrollHeight * {place} / 20");
            await Assertions.Expect(log.Locator(".l:not(.away)").First).ToBeAttachedAsync();
            await HoldsFewAsync();
        }

        // What is searched for, the first error, a line that has a link.
        await page.GetByRole(AriaRole.Searchbox).FillAsync("LAST NEEDLE");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(log.Locator(".target")).ToContainTextAsync("the last needle <script>alert(1)</script>");
        await Assertions.Expect(page.GetByText("1 of 1")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "First error" }).ClickAsync();
        await Assertions.Expect(log.Locator(".target")).ToContainTextAsync("error: no such thing");
        await page.GotoAsync($"{up.Url}/long/runs/1?job=build#L400002");
        await Assertions.Expect(log.Locator(".target")).ToContainTextAsync("line 400000");

        // Steps fold: of each its first line is left.
        await page.GetByRole(AriaRole.Button, new() { Name = "Fold steps" }).ClickAsync();
        await Assertions.Expect(log).ToContainTextAsync("step 2 of 2");
        await Assertions.Expect(log).Not.ToContainTextAsync("the last needle");
        await log.GetByRole(AriaRole.Button, new() { Name = "Show the lines of echo" }).ClickAsync();
        await Assertions.Expect(log).ToContainTextAsync("the last needle");

        Assert.InRange(await HeapAsync(page), 0, 60e6);

        async Task HoldsFewAsync() => Assert.InRange(await page.EvaluateAsync<int>("document.querySelectorAll('.log .l').length"), 1, 500);
    }

    [Fact]
    public async Task Page_goes_on_by_itself_after_the_server_was_killed_with_every_line_once()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        using var repository = await Repository.CreateAsync(up, "long");
        repository.Write("towpath.yml", """
            jobs:
              build: { steps: ["for i in $(seq 400); do echo number $i; sleep 0.03; done"] }
            """);
        await repository.CommitAsync("Slowly");
        (await repository.PushAsync()).Expect(0);
        await using var browsing = await Browsing.StartAsync(up);
        var page = await browsing.PageAsync();
        await page.GotoAsync($"{up.Url}/long/runs/1");
        await page.EvaluateAsync("window.sameDocument = true");
        var log = page.GetByRole(AriaRole.Log);
        await Assertions.Expect(log).ToContainTextAsync("number 20");
        await up.KillAsync("server");
        var patient = new LocatorAssertionsToContainTextOptions { Timeout = 60_000 };
        await Assertions.Expect(log).ToContainTextAsync("job 'build' succeeded", patient);
        await Assertions.Expect(page.Locator("[data-part=head]")).ToContainTextAsync("Succeeded", patient);
        Assert.True(await page.EvaluateAsync<bool>("window.sameDocument"));

        var seen = new SortedDictionary<int, string>();
        for (var top = 0; top < 12_000; top += 400)
        {
            await page.EvaluateAsync($"document.querySelector('.log').scrollTop = {top}");
            await page.EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            await Assertions.Expect(log.Locator(".away")).ToHaveCountAsync(0);
            foreach (var row in await page.EvaluateAsync<string[]>("[...document.querySelectorAll('.log .l')].map(l => l.id.slice(1) + ' ' + l.lastElementChild.textContent)"))
                seen[int.Parse(row.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)] = row[(row.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        }

        var printed = (await repository.RunAsync("logs", "--run", "1", "--job", "build")).Expect(0).Output.TrimEnd('\n').Split('\n');
        Assert.Equal(printed, seen.Values);
        Assert.Equal(Enumerable.Range(1, 400), seen.Values.Where(text => text.StartsWith("number ", StringComparison.Ordinal))
            .Select(text => int.Parse(text[7..], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task What_a_reader_folds_and_chooses_is_kept()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        using var repository = await Repository.CreateAsync(up, "kept");
        repository.Write("towpath.yml", TwoSteps);
        await repository.CommitAsync("Slowly");
        // Before the push: the job lasts some seconds, and a browser may take as long to start.
        await using var browsing = await Browsing.StartAsync(up);
        var page = await browsing.PageAsync();
        await page.GotoAsync("/");
        (await repository.PushAsync()).Expect(0);
        await page.GotoAsync("/kept/runs/1");
        await page.EvaluateAsync("window.sameDocument = true");
        var log = page.GetByRole(AriaRole.Log);
        await Assertions.Expect(log).ToContainTextAsync("number 3");
        await log.GetByRole(AriaRole.Button, new() { Name = "Hide the lines of for i in 1 2 3" }).ClickAsync();
        await IsFoldedAsync(page);
        await Assertions.Expect(page.Locator("[data-part=head]")).ToContainTextAsync("Running");

        // The page is kept fresh, the reader goes away and comes back: it stays folded, in this tab alone.
        await Assertions.Expect(page.Locator("[data-part=head]")).ToContainTextAsync("Succeeded");
        await Assertions.Expect(log).ToContainTextAsync("number 60");
        Assert.True(await page.EvaluateAsync<bool>("window.sameDocument"));
        await IsFoldedAsync(page);
        await page.GotoAsync("/kept");
        await page.GotoAsync("/kept/runs/1");
        await IsFoldedAsync(page);
        var other = await browsing.PageAsync();
        await other.GotoAsync("/kept/runs/1");
        await Assertions.Expect(other.GetByRole(AriaRole.Log)).ToContainTextAsync("first 2");

        // By keyboard: a line that is wider than the page is read whole beneath the log, and what was folded opens for it.
        var whole = page.GetByRole(AriaRole.Region, new() { Name = "Whole line" });
        await Assertions.Expect(whole).ToBeHiddenAsync();
        await Browsing.TabToAsync(page, "Whole line");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(whole).ToContainTextAsync("Choose a line");
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Search the log" }).FillAsync("7 the end");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(log.Locator(".target")).ToContainTextAsync("characters more");
        await Assertions.Expect(whole).ToContainTextAsync("0007 the end <b>");
        Assert.True(await whole.EvaluateAsync<bool>("one => one.scrollWidth <= one.clientWidth"));
        Assert.Empty(await Browsing.AxeAsync(page));
        await log.GetByText("number 2", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(whole.GetByText("number 2", new() { Exact = true })).ToBeVisibleAsync();

        // For good: also where nothing is remembered of this log.
        var again = await page.Context.NewPageAsync();
        await again.GotoAsync("/kept/runs/1#L1");
        await Assertions.Expect(again.GetByRole(AriaRole.Button, new() { Name = "Whole line" })).ToHaveAttributeAsync("aria-pressed", "true");
        await Assertions.Expect(again.GetByRole(AriaRole.Region, new() { Name = "Whole line" })).ToContainTextAsync("job 'build' of run 1");
        Assert.Empty(browsing.Complaints);

        static async Task IsFoldedAsync(IPage page)
        {
            await Assertions.Expect(page.Locator(".fold[aria-expanded=false]")).ToHaveCountAsync(1);
            await Assertions.Expect(page.GetByRole(AriaRole.Log)).Not.ToContainTextAsync("first 2");
            await Assertions.Expect(page.GetByRole(AriaRole.Log)).ToContainTextAsync("number 3");
        }
    }

    /// <returns>Bytes that are used once all garbage is collected.</returns>
    private static async Task<double> HeapAsync(IPage page)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("HeapProfiler.collectGarbage");
        return (await session.SendAsync("Runtime.getHeapUsage"))!.Value.GetProperty("usedSize").GetDouble();
    }
}
