namespace Towpath.Acceptance;

/// <summary>The program as it was built with these tests.</summary>
internal static class Built
{
    // artifacts/bin/Towpath.Acceptance/release/
    private static readonly string Own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    /// <summary>The root of the repository.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Own, "../../../.."));

    public static string Towpath { get; } = Path.GetFullPath(Path.Combine(Own, "../../Towpath", Path.GetFileName(Own), "towpath"));

    /// <summary>A small web app that says which release and process it is.</summary>
    public static string TestApp { get; } = Path.GetFullPath(Path.Combine(Own, "../../Towpath.TestApp", Path.GetFileName(Own), "Towpath.TestApp"));
}
