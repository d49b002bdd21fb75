using Towpath.Core.Commits;

namespace Towpath.Engine.Git;

/// <summary>
/// Whether a push moved a ref, read from the repository when nobody was there to hear it. Holds as long as no other
/// push of the same ref is let in before this one is settled.
/// </summary>
internal static class Reflog
{
    private static readonly string Nothing = new('0', 40);

    public static bool HasMoved(string repository, string pushId, RefChange change)
    {
        var now = Current(repository, change.Ref);
        if (change.New is not { } wanted)
            return now is null;

        var lines = Lines(repository, change.Ref);
        var mine = lines.FindLastIndex(line => PushMark.IsIn(line, pushId));
        if (mine >= 0 && mine < lines.Count - 1)
            return OldIn(lines[mine + 1]) == wanted;

        // Git writes the reflog before it moves the ref, and a kill may fall between the two.
        if (mine >= 0)
            return now == wanted;

        // Git syncs the ref and not the reflog, so a power cut may leave a ref that its reflog knows nothing of: then
        // it was the push whose fate is open. A ref that its reflog does account for was moved by somebody else.
        var last = lines.Count == 0 ? Nothing : NewIn(lines[^1]);
        return now == wanted && wanted != change.Old && last != wanted;
    }

    private static List<string> Lines(string repository, string reference)
    {
        var log = Path.Combine(repository, "logs", reference);
        return File.Exists(log) ? [.. File.ReadLines(log).Where(line => line.Length > 81)] : [];
    }

    /// <summary>A line is <c>OLD NEW NAME &lt;ADDRESS&gt; TIME ZONE TAB MESSAGE</c>.</summary>
    private static string OldIn(string line) => line.Split(' ', 3)[0];

    private static string NewIn(string line) => line.Split(' ', 3) is [_, var next, ..] ? next : "";

    private static string? Current(string repository, string reference)
    {
        var loose = Path.Combine(repository, reference);
        if (File.Exists(loose))
            return File.ReadAllText(loose).Trim();
        var packed = Path.Combine(repository, "packed-refs");
        return File.Exists(packed)
            ? File.ReadLines(packed).FirstOrDefault(line => line.EndsWith($" {reference}", StringComparison.Ordinal))?.Split(' ')[0]
            : null;
    }
}
