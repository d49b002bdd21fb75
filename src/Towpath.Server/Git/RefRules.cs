using Towpath.Engine.Git;

namespace Towpath.Server.Git;

/// <summary>Which refs may be pushed, beyond git's own rules for their names.</summary>
internal static class RefRules
{
    public const string Branches = "refs/heads/";
    public const int LengthAtMost = 200;

    private static readonly string[] Allowed = [Branches, "refs/tags/", "refs/notes/"];

    /// <summary>Null when the ref may be pushed, else one sentence.</summary>
    public static string? Problem(string reference)
    {
        var shown = PlainText.Line(reference, 80);
        if (reference.Length > LengthAtMost)
            return $"The ref '{shown}' is longer than {LengthAtMost} characters; use a shorter name.";

        // A name such as '--upload-pack=…' becomes an option wherever somebody forgets to guard against it.
        if (reference.Split('/').Any(part => part.StartsWith('-')))
            return $"The ref '{shown}' has a part that begins with '-', which commands would take for an option; rename it.";
        if (reference.StartsWith("refs/replace/", StringComparison.Ordinal))
            return $"The ref '{shown}' would make git show other content than the commits name; refs/replace/ is not taken.";
        if (!Allowed.Any(prefix => reference.StartsWith(prefix, StringComparison.Ordinal)))
            return $"The ref '{shown}' is not taken: push branches (refs/heads/), tags (refs/tags/) or notes (refs/notes/).";
        return reference == Branches + "HEAD" ? "A branch called HEAD cannot be told from git's own HEAD; rename it." : null;
    }
}
