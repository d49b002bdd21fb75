using Towpath.Engine.Git;

namespace Towpath.Server.Git;

/// <summary>What pre-receive knows of a push.</summary>
/// <param name="Updates">In the client's order; one more than allowed when there are too many.</param>
internal sealed record PushIntent(Quarantine? Quarantine, IReadOnlyList<RefUpdate> Updates, IReadOnlyList<string> Options)
{
    /// <summary>More push options are not looked at.</summary>
    public const int OptionsAtMost = 20;

    /// <summary>The option that prints the whole journey.</summary>
    public const string WaitOption = "wait";

    public bool Waits => Options.Contains(WaitOption);

    /// <param name="text">As <see cref="HookScripts.PreReceive"/> writes it.</param>
    /// <exception cref="GitException">It is cut short.</exception>
    public static PushIntent Parse(string text)
    {
        var lines = text.Split('\n');
        var end = Array.IndexOf(lines, "options");
        if (end < 3)
        {
            throw new GitException(
                "What the push is about to do could not be written down; see whether the server's disk is full, and push again.");
        }

        var quarantine = lines[0].Length == 0 ? null : new Quarantine(lines[0], lines[1], lines[2]);
        return new PushIntent(
            quarantine,
            [.. lines[3..end].Select(Update)],
            [.. lines[(end + 1)..].Where(line => line.Length > 0)]);
    }

    private static RefUpdate Update(string line) =>
        line.Split(' ', 3) is [var old, var next, var name]
            ? new RefUpdate(name, Commit(old), Commit(next))
            : throw new GitException($"'{PlainText.Line(line, 80)}' is not what git says of a ref.");

    private static string? Commit(string id) => id.All(digit => digit == '0') ? null : id;
}

/// <param name="Old">Null when the ref is new.</param>
/// <param name="New">Null when the ref is deleted.</param>
internal sealed record RefUpdate(string Ref, string? Old, string? New)
{
    public bool IsBranch => Ref.StartsWith(RefRules.Branches, StringComparison.Ordinal);

    /// <summary>Without <c>refs/heads/</c>.</summary>
    public string Name => IsBranch ? Ref[RefRules.Branches.Length..] : Ref;
}
