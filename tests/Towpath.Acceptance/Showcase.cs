using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>Tests that look at the same content, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ShowcaseTests : ICollectionFixture<Showcase>
{
    public const string Name = "showcase";
}

/// <summary>
/// Three projects with something on every page: one as they are, with a version that waits for an approval; one with visitors, half of whom
/// get a new version; and one whose texts all try to become part of the page.
/// </summary>
public sealed class Showcase(UpFixture fixture) : IAsyncLifetime
{
    public const string Usual = "harbour";

    /// <summary>Its production compares deployment 2 with what is live.</summary>
    public const string Visited = "ferry";

    public const string Hostile = "hostile";

    /// <summary>Sets <c>window.pwned</c> when a browser takes it for markup.</summary>
    public const string Markup = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>";

    /// <summary>The same as far as git lets a branch be called so.</summary>
    public const string Branch = "x<img/src=x/onerror=window.pwned=1>";

    /// <summary>The same as a file may be called, and with letters that turn what follows around.</summary>
    public const string FileName = "<img src=x onerror=\"window.pwned=1\">\u202Egpj.exe";

    private Load? visitors;

    internal UpTowpath Up => fixture.Up;

    public async ValueTask InitializeAsync()
    {
        await UsualAsync();
        await VisitedAsync();
        await HostileAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (visitors is not null)
            await visitors.DisposeAsync();
    }

    private async Task UsualAsync()
    {
        using var repository = await Repository.CreateAsync(Up, Usual);
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), Site.FreePort(), "sh check.sh").Replace(
            "after: [staging],", "after: [staging], gates: [{ approval: 1 }],", StringComparison.Ordinal).Replace(
            "outputs:", "reports: { tests: \"results.xml\" }\n    outputs:", StringComparison.Ordinal));
        foreach (var file in (string[])["css/harbour.css", "css/print.css", "img/bridge.svg", "img/lock.svg", "tides/2026/january.json", "tides/2026/february.json"])
            repository.Write($"public/{file}", string.Concat(Enumerable.Repeat("The tide comes, and the tide goes.\n", file.Length * file.Length)));
        File.SetUnixFileMode(Path.Combine(repository.Folder, "public/img/lock.svg"), (UnixFileMode)0b111_101_101);
        repository.Write("check.sh", """
            printf 'Checking \033[1mpublic/index.html\033[0m\n\033[32mok\033[0m  It has a heading\n'
            cp tests.xml results.xml
            ! grep -q DRAFT public/index.html
            """);
        repository.Write("tests.xml", Report("<testcase name=\"Tides.Are_shown\"/><testcase name=\"Tides.Have_a_heading\"/>"));
        (int Run, string Subject)[] commits = [(1, "Open the harbour"), (2, "Show the tide table"), (3, "Warn of low bridges")];
        foreach (var (run, subject) in commits)
        {
            repository.Write("public/index.html", subject);
            await CommitAsync(repository, subject);
            (await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "staging")).Expect(0);
            if (run == 3)
                continue;
            (await repository.RunAsync("approve", "--environment", "production")).Expect(0);
            (await repository.RunAsync("deployments", "wait", "--run", $"{run}", "--environment", "production")).Expect(0);
        }

        repository.Write("public/index.html", "DRAFT");
        repository.Write("tests.xml", Report(
            "<testcase name=\"Tides.Are_shown\"/><testcase name=\"Bridges.Have_a_height\"><failure message=\"Expected: 2.40 m&#10;But was:  nothing\"/></testcase>"));
        await CommitAsync(repository, "Begin with the bridges' heights");
        (await repository.RunAsync("runs", "wait", "4")).Expect(1);
        (await repository.RunAsync("env", "set", "--environment", "staging", "LOG=debug")).Expect(0);
        (await repository.RunAsync("hold", "--environment", "staging", "--reason", "The tide tables are being checked.")).Expect(0);
    }

    private async Task VisitedAsync()
    {
        using var repository = await Repository.CreateAsync(Up, Visited);
        var port = Site.FreePort();
        repository.Write("towpath.yml", $$"""
            jobs:
              build: { steps: ["test -f errors"] }
            package: .
            app: { command: 'TEST_ERRORS=$(cat errors) exec "{{Built.TestApp}}"', health: /healthz }
            environments:
              production:
                listen: {{port}}
                rollout: { canary: [{ share: 50%, pause: true }], sticky: false }
            """);
        repository.Write("errors", "0");
        await CommitAsync(repository, "Cross the river");
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        visitors = new Load($"http://127.0.0.1:{port}/", 50);
        repository.Write("errors", "0.0");
        await CommitAsync(repository, "Cross it twice");
        await repository.DeploymentAsync(
            "production", "compared", deployment => deployment.TryGetProperty("evidence", out var evidence) && evidence.ValueKind == JsonValueKind.Object);
    }

    private async Task HostileAsync()
    {
        using var repository = await Repository.CreateAsync(Up, Hostile);
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), Site.FreePort(), "cat lines.txt; cp tests.xml results.xml").Replace(
            "outputs:", "reports: { tests: \"results.xml\" }\n    outputs:", StringComparison.Ordinal));
        repository.Write("public/index.html", "Page");
        repository.Write("public/" + FileName, "Not a picture");
        repository.Write("lines.txt", Markup + "\n");
        repository.Write("tests.xml", Report("<testcase name=\"good\"/>"));
        await CommitAsync(repository, Markup);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        (await repository.RunAsync("hold", "--environment", "production", "--reason", Markup)).Expect(0);
        var text = System.Security.SecurityElement.Escape(Markup);
        repository.Write("tests.xml", Report($"<testcase name=\"{text}\"><failure message=\"{text}\">{text}</failure></testcase>"));
        await CommitAsync(repository, Markup, Branch);
        (await repository.RunAsync("runs", "wait", "2")).Expect(1);
    }

    private static async Task CommitAsync(Repository repository, string subject, string branch = "main")
    {
        await repository.CommitAsync(subject);
        (await repository.PushAsync(branch)).Expect(0);
    }

    private static string Report(string cases) => $"<testsuite>{cases}</testsuite>\n";
}
