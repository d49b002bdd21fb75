namespace Towpath.Engine.Git;

/// <summary>What a project may be called: it is a folder, a part of addresses, and the beginning of every id.</summary>
public static class ProjectName
{
    public const int LengthAtMost = 63;

    /// <summary>Addresses of the server's own.</summary>
    private static readonly string[] Reserved = ["api", "git", "healthz", "sign-in"];

    /// <summary>Null when the name is fine, else one sentence that says what is wrong with it.</summary>
    public static string? Problem(string name) =>
        IsFine(name)
            ? null
            : $"'{Cut(name)}' is no name for a project: use 1 to {LengthAtMost} lower-case letters, digits, '-', '_' and '.', "
                + $"without '..', not ending in '.git' or '.lock', and none of {string.Join(", ", Reserved)}.";

    private static bool IsFine(string name) =>
        !Reserved.Contains(name, StringComparer.Ordinal)
        && name.Length is > 0 and <= LengthAtMost
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_' or '.')
        && (char.IsAsciiLetterLower(name[0]) || char.IsAsciiDigit(name[0]))
        && !name.Contains("..", StringComparison.Ordinal)
        && !name.EndsWith(".git", StringComparison.Ordinal)
        && !name.EndsWith(".lock", StringComparison.Ordinal);

    private static string Cut(string name) => PlainText.Line(name, LengthAtMost);
}
