using System.Text.RegularExpressions;

namespace Towpath.Acceptance;

/// <summary>What strace wrote of a server and all that it starts, from one push on: what was synced, and when what was answered.</summary>
internal sealed partial class SyncTrace
{
    private const string Accepted = "ok refs/heads/main";
    private const string EndOfAnswer = @"0\r\n\r\n""";

    private readonly List<(string What, string Path)> events = [];

    /// <param name="lines">Of strace with -f -yy; a call that was interrupted takes two.</param>
    public SyncTrace(IEnumerable<string> lines)
    {
        var begun = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (Sync().Match(line) is { Success: true } sync)
            {
                if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                    begun[sync.Groups[1].Value] = sync.Groups[2].Value;
                else if (line.EndsWith(" = 0", StringComparison.Ordinal))
                    events.Add(("sync", sync.Groups[2].Value));
            }
            else if (Resumed().Match(line) is { Success: true } resumed && begun.Remove(resumed.Groups[1].Value, out var path))
            {
                events.Add(("sync", path));
            }
            else if (Rename().Match(line) is { Success: true } rename)
            {
                events.Add(("rename", rename.Groups[1].Value));
            }
            else if (Send().IsMatch(line))
            {
                if (line.Contains(Accepted, StringComparison.Ordinal))
                    events.Add(("accept", ""));
                if (line.Contains(EndOfAnswer, StringComparison.Ordinal) && events.Any(each => each.What == "accept"))
                    events.Add(("end", ""));
            }
        }
    }

    /// <summary>The push was answered, to the end.</summary>
    public bool IsAnswered => events.Any(each => each.What == "end");

    /// <summary>What should have been on the disk and was not synced by then.</summary>
    public IReadOnlyList<string> Missing()
    {
        var accepted = events.FindIndex(each => each.What == "accept");
        var end = events.FindIndex(each => each.What == "end");
        var moved = events.FindIndex(each => each.What == "rename" && each.Path.EndsWith("refs/heads/main", StringComparison.Ordinal));
        var missing = new List<string>();
        Expect("the journal, before git says that the ref moved", 0, accepted, path => path.EndsWith("journal.db-wal", StringComparison.Ordinal));
        Expect("the objects, before the ref is moved", 0, moved, path => path.Contains("/objects/", StringComparison.Ordinal)
            && path.Contains("pack", StringComparison.Ordinal));
        Expect("the ref's content, before it is moved", 0, moved, path => path.EndsWith("refs/heads/main.lock", StringComparison.Ordinal));
        Expect("the ref's name, before the answer ends", moved, end, path => path.EndsWith("refs/heads", StringComparison.Ordinal));
        Expect("the run in the journal, before the answer ends", moved, end, path => path.EndsWith("journal.db-wal", StringComparison.Ordinal));
        return missing;

        void Expect(string what, int from, int to, Predicate<string> isIt)
        {
            if (from < 0 || to < 0 || !events.Take(to).Skip(from).Any(each => each.What == "sync" && isIt(each.Path)))
                missing.Add(what);
        }
    }

    [GeneratedRegex(@"^(\d+) +(?:fsync|fdatasync)\(\d+<([^>]*)>")]
    private static partial Regex Sync();

    [GeneratedRegex(@"^(\d+) +<\.\.\. (?:fsync|fdatasync) resumed>.* = 0$")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"^\d+ +rename(?:at2?)?\(.*""([^""]*)""[^""]*$")]
    private static partial Regex Rename();

    [GeneratedRegex(@"^\d+ +(?:sendmsg|sendto)\(\d+<TCP")]
    private static partial Regex Send();
}
