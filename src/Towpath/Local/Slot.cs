namespace Towpath.Local;

/// <summary>The place of one process of a data folder: held by one at a time, and everybody sees by whom.</summary>
internal sealed class Slot : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream held;

    private Slot(FileStream held) => this.held = held;

    /// <returns>Null when another process holds it.</returns>
    public static Slot? TryTake(string data, string name)
    {
        DataFolder.Create(data);
        FileStream held;
        try
        {
            // The lock goes with the process, however it ends.
            held = new FileStream(Path.Combine(data, "run", name + ".lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = OwnerOnly,
            });
        }
        catch (IOException) when (Directory.Exists(Path.Combine(data, "run")))
        {
            return null;
        }

        var file = PidFile(data, name);
        File.WriteAllText(file + ".new", ProcessIdentity.Own.ToString());
        File.Move(file + ".new", file, overwrite: true);
        return new Slot(held);
    }

    /// <summary>The process that holds it; null when none lives.</summary>
    public static ProcessIdentity? Holder(string data, string name)
    {
        try
        {
            return ProcessIdentity.Parse(File.ReadAllText(PidFile(data, name))) is { IsAlive: true } holder ? holder : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => held.Dispose();

    private static string PidFile(string data, string name) => Path.Combine(data, "run", name + ".pid");
}
