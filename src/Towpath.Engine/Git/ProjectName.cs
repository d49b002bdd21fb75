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

    /// <summary>The nearest fine name: <c>TodoApi</c> is <c>todoapi</c>, <c>My shop!</c> is <c>my-shop</c>. Null when nothing is left.</summary>
    public static string? Near(string text)
    {
        var letters = string.Concat(text.ToLowerInvariant().Select(letter => IsFine(letter) ? letter : '-'));
        var name = string.Join('-', letters.Split('-', StringSplitOptions.RemoveEmptyEntries)).TrimStart('_', '.', '-');
        name = name[..Math.Min(name.Length, LengthAtMost)].TrimEnd('-');
        return IsFine(name) ? name : null;
    }

    private static bool IsFine(string name) =>
        !Reserved.Contains(name, StringComparer.Ordinal)
        && name.Length is > 0 and <= LengthAtMost
        && name.All(IsFine)
        && (char.IsAsciiLetterLower(name[0]) || char.IsAsciiDigit(name[0]))
        && !name.Contains("..", StringComparison.Ordinal)
        && !name.EndsWith(".git", StringComparison.Ordinal)
        && !name.EndsWith(".lock", StringComparison.Ordinal);

    private static bool IsFine(char letter) => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_' or '.';

    private static string Cut(string name) => PlainText.Line(name, LengthAtMost);
}
