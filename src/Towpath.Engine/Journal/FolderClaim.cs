using System.Globalization;

namespace Towpath.Engine.Journal;

/// <summary>A folder that belongs to this process until it ends, however it ends.</summary>
public sealed class FolderClaim : IDisposable
{
    private const string LockName = "owner.lock";

    // Apart from the lock, because a locked file cannot be read.
    private const string OwnerName = "owner";
    private readonly FileStream file;

    private FolderClaim(FileStream file) => this.file = file;

    /// <param name="folder">Created when it is missing, for its owner only.</param>
    /// <exception cref="JournalException">Another process has it, or it cannot be written to.</exception>
    public static FolderClaim Take(string folder)
    {
        var path = Path.Combine(folder, LockName);
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            // The framework takes flock(LOCK_EX) for FileShare.None, which the system lets go when the process ends.
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            try
            {
                File.WriteAllText(Path.Combine(folder, OwnerName), System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
                return new FolderClaim(file);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (IOException e) when (IsTaken(path))
        {
            throw new JournalException(
                $"The data in {folder} is in use by another server{Owner(folder)}; stop it (towpath down), or use another folder (--data).",
                e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalException($"The folder {folder} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>What a claim leaves in its folder.</summary>
    internal static IReadOnlyList<string> FilesIn(string folder) => [Path.Combine(folder, LockName), Path.Combine(folder, OwnerName)];

    public void Dispose() => file.Dispose();

    private static bool IsTaken(string path)
    {
        try
        {
            using (File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static string Owner(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, OwnerName)) is { Length: > 0 and < 20 } pid ? $" (process {pid})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
