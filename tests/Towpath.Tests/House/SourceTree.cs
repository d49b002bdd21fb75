namespace Towpath.Tests.House;

/// <summary>The repository's own C# files, without what the build makes.</summary>
internal static class SourceTree
{
    /// <param name="folders">From the repository's root; none: all that is compiled.</param>
    public static IEnumerable<SourceFile> Files(params string[] folders) => (folders.Length == 0 ? ["src", "tests", "bench"] : folders)
        .SelectMany(folder => Directory.EnumerateFiles(Repository.At(folder), "*.cs", SearchOption.AllDirectories))
        .Select(path => Path.GetRelativePath(Repository.At("."), path))
        .Where(path => !path.Split('/').Any(part => part is "obj" or "bin" or "artifacts"))
        .Order(StringComparer.Ordinal)
        .Select(path => new SourceFile(path, File.ReadAllLines(Repository.At(path))));
}

/// <param name="Path">From the repository's root.</param>
internal sealed record SourceFile(string Path, IReadOnlyList<string> Lines)
{
    public static SourceFile Of(string text) => new("Fabricated.cs", text.Split('\n'));

    public string At(int line) => $"{Path}:{line + 1}: {Lines[line].Trim()}";
}
