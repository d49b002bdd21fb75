using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines.Init;

/// <summary>A repository with a package.json at its root: a service when it can be started, else a site when it can be built.</summary>
internal sealed partial class NodeRecipe
{
    private static readonly string[] SourceExtensions = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx"];
    private static readonly string[] Entrances = ["server.js", "app.js", "index.js", "src/server.js", "src/app.js", "src/index.js"];

    private static readonly string[] Pages = ["index.html", "src/index.html", "public/index.html"];

    /// <summary>Frameworks that read PORT themselves when started for production.</summary>
    private static readonly string[] ReadPort =
        ["next", "nuxt", "@remix-run/serve", "@react-router/serve", "@sveltejs/adapter-node", "react-scripts"];

    private readonly RepositoryListing listing;
    private readonly NodeManifest manifest;
    private readonly List<string> sources;
    private readonly List<string> guesses = [];

    private NodeRecipe(RepositoryListing listing, NodeManifest manifest)
    {
        (this.listing, this.manifest) = (listing, manifest);
        sources = listing.Sources("", SourceExtensions).ToList();
    }

    public static Recipe? For(RepositoryListing listing)
    {
        if (NodeManifest.Of(listing) is not { } manifest)
            return null;
        var node = new NodeRecipe(listing, manifest);
        var command = node.ProductionCommand();
        if (command is not null)
            return node.Service(command);
        if (manifest.Scripts.ContainsKey("build") && node.SiteFolder() is { } folder)
            return node.Site(folder);
        return !manifest.Scripts.ContainsKey("build") && StaticSiteRecipe.For(listing) is { } page ? node.Page(page) : node.Library();
    }

    private string? ProductionCommand()
    {
        if (manifest.Scripts.TryGetValue("start", out var start) && !DevelopmentServer().IsMatch(start))
            return PlainNode().IsMatch(start.Trim()) ? start.Trim() : Script("start");
        if (manifest.Packages.Contains("next") && manifest.Scripts.ContainsKey("build"))
            return "npx next start";
        // npm's own default is server.js; others count when they listen.
        var candidates = Entrances.Prepend((manifest.Main ?? "").TrimStart('.', '/')).Where(listing.Has);
        var entrance = candidates.FirstOrDefault(path => path == "server.js" || Listens().IsMatch(listing.Text(path)));
        return entrance is null ? null : $"node {ShellWord.Of(entrance)}";
    }

    private Recipe Service(string command)
    {
        guesses.Add($"`{command}` starts the app.");
        var health = SourceHints.HealthPath(sources);
        if (health is not null)
            guesses.Add($"{health} is in the sources and is taken for the health path.");
        var remarks = ValueList<string>.Empty;
        if (!ReadPort.Any(manifest.Packages.Contains) && !sources.Exists(source => Port().IsMatch(source)) && !Port().IsMatch(command))
        {
            remarks = ["No source reads PORT: the app must listen on process.env.PORT, so that two versions can run side by side."];
            guesses.Add("No source reads PORT: the app must listen on process.env.PORT before it can be deployed.");
        }

        return new()
        {
            Steps = Steps(),
            Package = ".",
            Command = command,
            Health = health,
            VerifyPath = health ?? (ReadPort.Any(manifest.Packages.Contains) ? "/" : SourceHints.RoutePath(sources)),
            AppRemarks = remarks,
            Guesses = guesses.ToValueList(),
        };
    }

    private Recipe Site(string folder)
    {
        guesses.Add($"`{manifest.Manager} run build` leaves a static site in {folder}/, which the router serves.");
        return new() { Steps = Steps(), Package = folder, Static = ".", VerifyPath = "/", Guesses = guesses.ToValueList() };
    }

    /// <summary>A package.json beside a plain page holds nothing but tools, perhaps tests.</summary>
    private Recipe Page(Recipe page) =>
        manifest.Scripts.ContainsKey("test")
            ? page with { Steps = [.. Steps(), .. page.Steps], Guesses = [.. guesses, .. page.Guesses] }
            : page;

    private Recipe Library()
    {
        guesses.Add("package.json names nothing to start and no site to build: the file builds and tests.");
        return new() { Steps = Steps(), Guesses = guesses.ToValueList() };
    }

    private ValueList<RecipeStep> Steps()
    {
        var steps = new List<RecipeStep>
        {
            new(manifest.Install, manifest.IsLocked ? null : "No lock file: commit one, and `npm ci` installs the same each time."),
        };
        if (!manifest.IsLocked)
            guesses.Add("There is no lock file, so `npm install` may install other versions tomorrow: commit package-lock.json.");
        else if (manifest.Manager != "npm")
            guesses.Add($"The lock file is one of {manifest.Manager}, which must be installed where jobs run.");
        var build = manifest.Scripts.ContainsKey("build") ? new RecipeStep($"{manifest.Manager} run build") : null;
        if (build is not null)
            steps.Add(build);
        if (manifest.Scripts.TryGetValue("test", out var test) && !test.Contains("no test specified", StringComparison.Ordinal))
            steps.Add(new(Script("test"), Variable: Watches().IsMatch(test) ? ("CI", "true") : null));
        else
            guesses.Add("package.json has no test script: nothing is tested yet.");
        return steps.ToValueList();
    }

    private string Script(string name) => manifest.Manager == "bun" ? $"bun run {name}" : $"{manifest.Manager} {name}";

    /// <summary>Where the build leaves the site; null when the build makes no site.</summary>
    private string? SiteFolder()
    {
        var build = manifest.Scripts["build"];
        var vite = listing.Paths.Where(path => path.StartsWith("vite.config.", StringComparison.Ordinal)).Select(listing.Text);
        if (vite.Select(config => OutDir().Match(config)).FirstOrDefault(match => match.Success) is { } match)
            return match.Groups["folder"].Value;
        return build switch
        {
            _ when build.Contains("react-scripts", StringComparison.Ordinal) => "build",
            _ when build.Contains("docusaurus", StringComparison.Ordinal) => "build",
            _ when build.Contains("eleventy", StringComparison.Ordinal) => "_site",
            _ when build.Contains("gatsby", StringComparison.Ordinal) => "public",
            _ when build.Contains("ng build", StringComparison.Ordinal) => AngularFolder(),
            _ when build.Contains("vitepress", StringComparison.Ordinal) => null,
            _ when SiteBuilder().IsMatch(build) => "dist",
            _ when Pages.Any(listing.Has) => build.Contains("build/", StringComparison.Ordinal) ? "build" : "dist",
            _ => null,
        };
    }

    private string AngularFolder()
    {
        var angular = listing.Text("angular.json");
        var folder = OutputPath().Match(angular) is { Success: true } match ? match.Groups["folder"].Value : "dist";
        return angular.Contains(":application\"", StringComparison.Ordinal) ? folder + "/browser" : folder;
    }

    [GeneratedRegex(@"""outputPath""\s*:\s*""(?<folder>[A-Za-z0-9_][A-Za-z0-9_/-]*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex OutputPath();

    [GeneratedRegex(@"\Anode( [A-Za-z0-9_./=-]+)+\z")]
    private static partial Regex PlainNode();

    [GeneratedRegex(
        @"nodemon|ts-node-dev|\bnx serve|react-scripts start|\bng serve|gatsby develop|docusaurus start|vue-cli-service serve|\bparcel\b|"
        + @"webpack(-dev-server| serve)|eleventy.*--serve|\b(astro|next|nuxt|nuxi|vite|vitepress|remix) dev\b|--watch\b|"
        + @"\A\s*(vite|live-server|browser-sync|http-server|serve)\b(?! preview)")]
    private static partial Regex DevelopmentServer();

    [GeneratedRegex(@"\b(vite|astro|parcel|vue-cli-service|rollup|webpack|esbuild|snowpack|ng|nuxt generate)\b")]
    private static partial Regex SiteBuilder();

    [GeneratedRegex(@"\.listen\(|createServer\(")]
    private static partial Regex Listens();

    [GeneratedRegex(@"\bPORT\b")]
    private static partial Regex Port();

    /// <summary>Test runners that wait for changes unless they are told that nobody looks.</summary>
    [GeneratedRegex(@"react-scripts test|\bvitest\b(?! run)|\bng test|karma")]
    private static partial Regex Watches();

    [GeneratedRegex(@"outDir\s*:\s*[""'`](\./)?(?<folder>[A-Za-z0-9_][A-Za-z0-9_/-]*)[""'`]", RegexOptions.ExplicitCapture)]
    private static partial Regex OutDir();
}
