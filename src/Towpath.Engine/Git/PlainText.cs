namespace Towpath.Engine.Git;

/// <summary>Words that came from outside, made safe to print on somebody's terminal.</summary>
public static class PlainText
{
    /// <summary>The first line, without control characters (which could move the cursor or hide text), cut with a mark.</summary>
    public static string Line(string text, int lengthAtMost)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var line = string.Concat((end < 0 ? text : text[..end]).Select(letter => char.IsControl(letter) ? '?' : letter)).Trim();
        return line.Length <= lengthAtMost ? line : line[..(lengthAtMost - 1)] + "…";
    }
}
