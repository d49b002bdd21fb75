namespace Towpath.Tests;

/// <summary>A new, empty folder of one test, gone with it. Its path is short enough to hold Unix sockets.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("towpath-test-").FullName;

    /// <summary>The path of a file or folder inside; what is above it is created.</summary>
    public string At(params string[] parts)
    {
        var path = System.IO.Path.Combine([Path, .. parts]);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        return path;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that the test ended may still write its last file: the temp folder is cleaned by the system then.
        }
        catch (UnauthorizedAccessException)
        {
        }
    }
}
