using System.Text.RegularExpressions;

namespace Towpath.Core.Pipelines.Init;

/// <summary>What sources say of the addresses that they answer. Guesses: nothing here reads a language properly.</summary>
internal static partial class SourceHints
{
    /// <summary>A health path that is written in the sources; null when none is.</summary>
    public static string? HealthPath(IEnumerable<string> sources) =>
        First(sources, MappedHealthChecks()) ?? First(sources, WellKnownHealthPath());

    /// <summary>A path that is probably answered with 200: the root if there is a page, else the first route without parameters.</summary>
    public static string? RoutePath(IReadOnlyCollection<string> sources) =>
        sources.Any(Pages().IsMatch) ? "/" : First(sources, Route());

    private static string? First(IEnumerable<string> sources, Regex pattern) =>
        sources.Select(source => pattern.Match(source)).FirstOrDefault(match => match.Success)?.Groups["path"].Value;

    [GeneratedRegex(@"MapHealthChecks\(\s*""(?<path>/[A-Za-z0-9._/-]*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex MappedHealthChecks();

    [GeneratedRegex(@"[""'`](?<path>/(_|api/)?(healthz|healthcheck|health|livez|readyz))[""'`]", RegexOptions.ExplicitCapture)]
    private static partial Regex WellKnownHealthPath();

    /// <summary>A page at the root: a route of the app itself (a router's lies elsewhere), or what a framework serves.</summary>
    [GeneratedRegex(
        @"\b(app|server|fastify)\.(MapGet|get)\(\s*[""'`]/[""'`]|createServer\((?!\s*app\b)|express\.static|"
        + "MapRazorPages|MapRazorComponents|MapControllerRoute|MapDefaultControllerRoute|MapFallbackToFile|UseDefaultFiles|UseFileServer",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Pages();

    [GeneratedRegex(
        @"\b(app|server|fastify)\.(MapGet|get)\(\s*[""'`](?<path>/[A-Za-z0-9._/-]+)[""'`]",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Route();
}
