namespace Towpath.Chaos;

/// <summary>The programs as they were built with this one.</summary>
internal static class Built
{
    // artifacts/bin/PROJECT/release/
    private static readonly string Own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    public static string Towpath { get; } = Of("Towpath", "towpath");

    /// <summary>A small web app that says which release and process it is.</summary>
    public static string TestApp { get; } = Of("Towpath.TestApp", "Towpath.TestApp");

    private static string Of(string project, string program) =>
        Path.GetFullPath(Path.Combine(Own, "../..", project, Path.GetFileName(Own), program));
}
