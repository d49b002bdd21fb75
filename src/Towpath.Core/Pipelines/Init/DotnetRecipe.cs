using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines.Init;

/// <summary>A repository with .NET projects: test the solution, publish the project that runs.</summary>
internal sealed partial class DotnetRecipe
{
    private static readonly string[] ProjectExtensions = [".csproj", ".fsproj", ".vbproj"];
    private static readonly string[] TestMarks =
    [
        "Microsoft.NET.Test.Sdk", "<IsTestProject>true", "MSTest.Sdk",
        "Include=\"xunit", "Include=\"NUnit\"", "Include=\"TUnit\"", "Include=\"MSTest",
    ];
    private static readonly string[] PlatformMarks = ["-windows", "-android", "-ios", "-maccatalyst", "-tizen"];

    private static readonly string[] PageFolders = ["wwwroot/", "Pages/", "Views/"];

    private readonly RepositoryListing listing;
    private readonly List<Project> projects;
    private readonly List<string> guesses = [];

    private DotnetRecipe(RepositoryListing listing)
    {
        this.listing = listing;
        projects = listing.WithExtension(ProjectExtensions).Select(path => new Project(path, listing.Text(path))).ToList();
    }

    /// <summary>Null when no project is a service.</summary>
    public static Recipe? ForApp(RepositoryListing listing)
    {
        var dotnet = new DotnetRecipe(listing);
        return dotnet.App() is { } app ? dotnet.Deploying(app) : null;
    }

    /// <summary>For libraries and tools: build and test. Null when there is no project.</summary>
    public static Recipe? ForTests(RepositoryListing listing)
    {
        var dotnet = new DotnetRecipe(listing);
        return dotnet.projects.Count > 0 ? dotnet.Testing() : null;
    }

    private Project? App()
    {
        var candidates = projects.Where(project => !project.IsTest && !project.IsAside).ToList();
        var web = candidates.Where(project => project.IsWeb).ToList();
        var app = web.Find(HasPages) ?? web.FirstOrDefault() ?? candidates.Find(project => project.IsWorker) ?? projects.Find(IsAppWithItsTests);
        if (app is not null && web.Count > 1)
            guesses.Add(
                $"There are several web projects; {app.Path} is taken for the app. List the others under 'apps' when they run too.");
        return app;
    }

    /// <summary>A web project that holds its own tests. (One that only tests another may be made with the same SDK, and starts nothing.)</summary>
    private bool IsAppWithItsTests(Project project) => project is { IsTest: true, IsWeb: true, IsAside: false }
        && listing.Sources(RepositoryListing.Folder(project.Path), ".cs").Any(source => source.Contains("WebApplication.Create", StringComparison.Ordinal));

    /// <summary>Of several web projects the one that people see comes first.</summary>
    private bool HasPages(Project project)
    {
        var folder = RepositoryListing.Folder(project.Path);
        return PageFolders.Any(pages =>
            listing.Paths.Any(path => path.StartsWith(folder.Length == 0 ? pages : $"{folder}/{pages}", StringComparison.Ordinal)));
    }

    private Recipe Deploying(Project app)
    {
        var output = listing.Paths.Any(path => path == "out" || path.StartsWith("out/", StringComparison.Ordinal)) ? "towpath-out" : "out";
        var sources = listing.Sources(RepositoryListing.Folder(app.Path), ".cs", ".fs", ".vb", ".cshtml", ".razor").ToList();
        var health = app.IsWeb ? SourceHints.HealthPath(sources) : null;
        var hasAppHost = !projects.Concat(Shared())
            .Any(project => project.Text.Contains("<UseAppHost>false", StringComparison.OrdinalIgnoreCase));
        guesses.Insert(0, $"{app.Path} is the app: a .NET {(app.IsWeb ? "web" : "worker")} project.");
        var tests = Tests(out var reports);
        if (health is not null)
            guesses.Add($"{health} is in the sources and is taken for the health path.");
        return new()
        {
            Steps = [.. tests, new($"dotnet publish {ShellWord.Of(app.Path)} -c Release{app.Framework} -o {output}")],
            TestReports = reports,
            Package = output,
            Command = hasAppHost ? ShellWord.Of("./" + app.Assembly) : $"dotnet {ShellWord.Of(app.Assembly + ".dll")}",
            Health = health,
            Listens = app.IsWeb,
            VerifyPath = health ?? SourceHints.RoutePath(sources),
            AppRemarks = FixedAddress(app, sources).ToValueList(),
            Guesses = guesses.ToValueList(),
        };
    }

    private Recipe Testing()
    {
        guesses.Add("There are .NET projects, and none is a web application or a worker service: the file builds and tests them.");
        var tests = Tests(out var reports);
        return new()
        {
            Steps = tests.Count > 0 ? tests : [new($"dotnet build {ShellWord.Of(Solution() ?? projects[0].Path)} -c Release")],
            TestReports = reports,
            Guesses = guesses.ToValueList(),
        };
    }

    private ValueList<RecipeStep> Tests(out string? reports)
    {
        var tests = projects.Where(project => project.IsTest).ToList();
        var platform = projects.Exists(project => project.Text.Contains("Microsoft.Testing.Platform", StringComparison.Ordinal))
            || Shared().Any(project => project.Text.Contains("Microsoft.Testing.Platform", StringComparison.Ordinal));
        reports = tests.Count == 0 || platform ? null : "**/*.trx";
        if (tests.Count == 0)
        {
            guesses.Add("No test project was found: nothing is tested yet.");
            return [];
        }

        if (tests.Exists(test => test.Text.Contains("Testcontainers", StringComparison.Ordinal)))
            guesses.Add("Some tests use Testcontainers: the machine that runs jobs needs Docker.");
        var portable = !projects.Exists(project => PlatformMarks.Any(mark => project.TargetsPlatform(mark)));
        IEnumerable<string> targets = portable && Solution() is { } solution
            ? [solution]
            : tests.Where(test => !PlatformMarks.Any(test.TargetsPlatform)).Select(test => test.Path);
        guesses.Add($"{tests.Count} test project{(tests.Count == 1 ? " is" : "s are")} run with `dotnet test`.");
        var options = "-c Release" + (platform ? "" : " --logger trx");
        return targets.Select(target => new RecipeStep($"dotnet test {ShellWord.Of(target)} {options}")).ToValueList();
    }

    /// <summary>The one nearest to the root.</summary>
    private string? Solution() => listing.WithExtension(".slnx", ".sln").FirstOrDefault();

    /// <summary>What MSBuild and the SDK read for all projects.</summary>
    private IEnumerable<Project> Shared() =>
        listing.WithExtension(".props", ".targets", "global.json").Select(path => new Project(path, listing.Text(path)));

    /// <summary>An address in the sources or settings wins over the one that Towpath gives.</summary>
    private IEnumerable<string> FixedAddress(Project app, List<string> sources)
    {
        var folder = RepositoryListing.Folder(app.Path);
        var settings = (folder.Length == 0 ? "" : folder + "/") + "appsettings.json";
        if (KestrelEndpoints().IsMatch(listing.Text(settings)))
            yield return $"{settings} gives Kestrel endpoints, which win over ASPNETCORE_URLS: take them out, Towpath chooses the port.";
        if (sources.Exists(FixedUrls().IsMatch))
            yield return "The sources fix the app's address, which wins over ASPNETCORE_URLS: take it out, Towpath chooses the port.";
    }

    [GeneratedRegex("\"Kestrel\"\\s*:\\s*\\{[^}]*\"Endpoints\"", RegexOptions.Singleline)]
    private static partial Regex KestrelEndpoints();

    [GeneratedRegex(@"UseUrls\(|\.Run\(\s*""https?://")]
    private static partial Regex FixedUrls();

    private sealed partial record Project(string Path, string Text)
    {
        public bool IsWeb => Text.Contains("Microsoft.NET.Sdk.Web", StringComparison.Ordinal);

        public bool IsWorker => Text.Contains("Microsoft.NET.Sdk.Worker", StringComparison.Ordinal);

        public bool IsTest => TestMarks.Any(mark => Text.Contains(mark, StringComparison.OrdinalIgnoreCase));

        /// <summary>Shown to people rather than run for them.</summary>
        public bool IsAside => Path.Split('/').Any(segment =>
            segment.ToUpperInvariant() is "SAMPLES" or "SAMPLE" or "EXAMPLES" or "BENCHMARKS" or "BENCH" or "TESTS" or "TEST");

        public string Assembly =>
            AssemblyName().Match(Text) is { Success: true } match
                ? match.Groups["name"].Value
                : RepositoryListing.FileName(Path)[..^".csproj".Length];

        /// <summary>A project with several frameworks must be told which one to publish: the last that runs anywhere.</summary>
        public string Framework
        {
            get
            {
                var frameworks = Frameworks().Match(Text) is { Success: true } match
                    ? match.Groups["list"].Value.Split(';', StringSplitOptions.TrimEntries)
                    : [];
                var last = frameworks.LastOrDefault(framework => PlainFramework().IsMatch(framework));
                return last is null ? "" : $" -f {last}";
            }
        }

        public bool TargetsPlatform(string mark) =>
            TargetFrameworks().Matches(Text).Any(match => match.Value.Contains(mark, StringComparison.Ordinal));

        [GeneratedRegex(@"<AssemblyName>\s*(?<name>[A-Za-z0-9_.-]+)\s*</AssemblyName>", RegexOptions.ExplicitCapture)]
        private static partial Regex AssemblyName();

        [GeneratedRegex(@"<TargetFrameworks>(?<list>[^<]*)</TargetFrameworks>", RegexOptions.ExplicitCapture)]
        private static partial Regex Frameworks();

        [GeneratedRegex(@"<TargetFrameworks?>[^<]*</")]
        private static partial Regex TargetFrameworks();

        [GeneratedRegex(@"\A(net[0-9]+\.[0-9]+|netcoreapp[0-9.]+)\z")]
        private static partial Regex PlainFramework();
    }
}
