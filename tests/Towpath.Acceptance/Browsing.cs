using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;

namespace Towpath.Acceptance;

/// <summary>A real browser that is signed in, and remembers what no page may do.</summary>
internal sealed class Browsing : IAsyncDisposable
{
    /// <summary>./test installs it.</summary>
    private static readonly Lazy<string> Axe = new(() =>
        File.ReadAllText(Path.Combine(Built.Root, "tests/Towpath.Acceptance/Axe/node_modules/axe-core/axe.min.js")));

    private readonly UpTowpath up;
    private readonly IPlaywright playwright;
    private readonly IBrowser browser;
    private readonly string session;

    private Browsing(UpTowpath up, IPlaywright playwright, IBrowser browser, string session)
    {
        this.up = up;
        this.playwright = playwright;
        this.browser = browser;
        this.session = session;
    }

    /// <summary>Errors on the console, dialogs, and requests to other hosts: with the page that they came from.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    public static async Task<Browsing> StartAsync(UpTowpath up)
    {
        // Others may use the machine: what comes is waited for, and nothing waits so long that comes.
        Assertions.SetDefaultExpectTimeout(30_000);
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
        await using var context = await browser.NewContextAsync();
        var page = await context.NewPageAsync();
        var link = (await up.RunAsync("open")).Expect(0).Output.Trim();
        // The page goes on by itself; the cookie came with it.
        await page.GotoAsync(link, new() { WaitUntil = WaitUntilState.Commit });
        return new Browsing(up, playwright, browser, await context.StorageStateAsync());
    }

    public async Task<IPage> PageAsync(Screen? screen = null, bool javaScript = true)
    {
        screen ??= Screen.All[0];
        var context = await browser.NewContextAsync(new()
        {
            StorageState = session,
            ViewportSize = new() { Width = screen.Width, Height = screen.Height },
            ColorScheme = screen.Scheme,
            ReducedMotion = ReducedMotion.Reduce,
            BaseURL = up.Url,
            JavaScriptEnabled = javaScript,
        });
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                Complaints.Enqueue($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => Complaints.Enqueue($"{page.Url}: {error}");
        page.Dialog += (_, dialog) =>
        {
            Complaints.Enqueue($"{page.Url}: a dialog says {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(up.Url + "/", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                Complaints.Enqueue($"{page.Url}: asks {request.Url}");
        };
        return page;
    }

    /// <summary>What a checker of accessibility finds that keeps people out: serious and critical, a line each.</summary>
    public static async Task<IReadOnlyList<string>> AxeAsync(IPage page)
    {
        await page.EvaluateAsync(Axe.Value);
        var found = await page.EvaluateAsync<JsonElement>("""
            async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
                .filter(violation => violation.impact === "serious" || violation.impact === "critical")
                .map(violation => violation.id + ": " + violation.nodes.slice(0, 3).map(node => node.target.join(" ") + " " + node.failureSummary).join("; "))
            """);
        return [.. found.EnumerateArray().Select(line => line.GetString()!)];
    }

    /// <summary>Goes on with Tab alone, until what has the focus says this.</summary>
    public static async Task TabToAsync(IPage page, string text)
    {
        const int most = 150;
        for (var time = 0; time < most; time++)
        {
            await page.Keyboard.PressAsync("Tab");
            var focus = await page.EvaluateAsync<JsonElement>("""
                () => ({
                    text: document.activeElement.textContent.trim().replace(/\s+/g, " "),
                    outline: getComputedStyle(document.activeElement).outlineStyle,
                })
                """);
            if (!focus.GetProperty("text").GetString()!.StartsWith(text, StringComparison.Ordinal))
                continue;
            // Whoever goes by keyboard has to see where they are.
            Assert.NotEqual("none", focus.GetProperty("outline").GetString());
            return;
        }

        Assert.Fail($"'{text}' is not reached by {most} tabs on {page.Url}.");
    }

    public async ValueTask DisposeAsync()
    {
        await browser.DisposeAsync();
        playwright.Dispose();
    }
}

/// <summary>How wide a browser is, and whether people like it dark.</summary>
internal sealed record Screen(string Name, int Width, int Height, ColorScheme Scheme)
{
    public static IReadOnlyList<Screen> All { get; } =
    [
        new("wide-light", 1280, 900, ColorScheme.Light), new("wide-dark", 1280, 900, ColorScheme.Dark),
        new("narrow-light", 390, 844, ColorScheme.Light), new("narrow-dark", 390, 844, ColorScheme.Dark),
    ];
}
