using System.Globalization;

namespace Towpath.Agent.Apps;

/// <summary>What happened to an environment's apps by itself, for people who look on the machine: <c>events.log</c>.</summary>
internal sealed class EventsFile(string path, TimeProvider time)
{
    private const long Limit = 1_000_000;
    private readonly Lock gate = new();

    /// <summary>Two files of 1 MB at most. A full disk loses the note, not the app.</summary>
    public void Note(string text)
    {
        lock (gate)
        {
            try
            {
                if (File.Exists(path) && new FileInfo(path).Length > Limit)
                    File.Move(path, path + ".1", overwrite: true);
                var at = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
                File.AppendAllText(path, $"{at} {text}\n");
            }
            catch (Exception full) when (full is IOException or UnauthorizedAccessException)
            {
                // Nobody to tell.
            }
        }
    }
}
