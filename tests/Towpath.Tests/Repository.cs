namespace Towpath.Tests;

/// <summary>The repository that the tests were built from: golden files, documents and sources are read where they lie.</summary>
internal static class Repository
{
    private static string Root { get; } = Find(new(AppContext.BaseDirectory));

    public static string At(string path) => Path.Combine(Root, path);

    private static string Find(DirectoryInfo folder) =>
        File.Exists(Path.Combine(folder.FullName, "Towpath.slnx")) ? folder.FullName
        : Find(folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository they were built from."));
}
