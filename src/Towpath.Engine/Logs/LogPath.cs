using System.Text;

namespace Towpath.Engine.Logs;

/// <summary>Where a log lies. Any id has a place of its own, inside of the folder.</summary>
internal static class LogPath
{
    private const string Extension = ".log";
    private const int MaxParts = 12;
    private const int MaxPart = 200;

    /// <exception cref="LogException">The id is empty or too long.</exception>
    public static string Of(string folder, string logId)
    {
        var parts = logId.Split('/');
        if (parts.Length > MaxParts || parts.Any(part => part.Length == 0))
            throw new LogException($"'{Clip(logId)}' is not the id of a log.");
        var escaped = Names(parts).ToArray();
        if (escaped.Any(part => part.Length > MaxPart))
            throw new LogException($"The log's id '{Clip(logId)}' is too long.");
        return Path.Combine([folder, .. escaped]) + Extension;
    }

    /// <summary>Where the logs lie whose ids begin with this one and go on with a slash.</summary>
    /// <exception cref="LogException">The id is empty or too long.</exception>
    public static string FolderOf(string folder, string id) => Of(folder, id)[..^Extension.Length];

    // The attempts of a run's jobs lie side by side: a folder for each would have to be made durable like the log in it.
    private static IEnumerable<string> Names(string[] parts) => parts is [.. var above, "jobs", var job, "attempts", var number]
        ? [.. above.Select(Escape), "jobs", $"{Escape(job)}+{Escape(number)}"]
        : parts.Select(Escape);

    // A dot is special only where it could make a hidden name, go up, or look like a log's file.
    private static string Escape(string part)
    {
        var text = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(part))
        {
            var c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c == '.' && text.Length > 0))
                text.Append(c);
            else
                text.Append('%').Append(b.ToString("X2", null));
        }

        var escaped = text.ToString();
        return escaped.EndsWith(Extension, StringComparison.Ordinal) ? escaped[..^Extension.Length] + "%2Elog" : escaped;
    }

    private static string Clip(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
