using System.Text;

namespace Towpath.Server.Logs;

/// <summary>What a terminal would make of a line: nothing of it may steer whoever reads the log.</summary>
internal static class LogText
{
    public const char Escape = '\u001b';

    /// <summary>The letters alone.</summary>
    public static string Plain(string text)
    {
        if (!text.AsSpan().ContainsAny(Escape, '\r'))
            return text;
        var shown = AfterReturns(text);
        var plain = new StringBuilder(shown.Length);
        for (var at = 0; at < shown.Length; at++)
        {
            if (shown[at] == Escape)
                at = EndOfSequence(shown, at);
            else
                plain.Append(shown[at]);
        }

        return plain.ToString();
    }

    /// <summary>A line that was written over, as progress bars do, shows what stood there last.</summary>
    public static ReadOnlySpan<char> AfterReturns(string text)
    {
        var shown = text.AsSpan().TrimEnd('\r');
        return shown[(shown.LastIndexOf('\r') + 1)..];
    }

    /// <summary>The place of the last character of a control sequence.</summary>
    public static int EndOfSequence(ReadOnlySpan<char> text, int start)
    {
        if (start + 1 >= text.Length)
            return start;
        switch (text[start + 1])
        {
            case '[':
                var end = start + 2;
                while (end < text.Length && text[end] is < '@' or > '~')
                    end++;
                return Math.Min(end, text.Length - 1);
            // An operating system command, a link or a title, up to BEL or ESC \.
            case ']':
                for (var at = start + 2; at < text.Length; at++)
                {
                    if (text[at] == '\a')
                        return at;
                    if (text[at] == Escape)
                        return Math.Min(at + 1, text.Length - 1);
                }

                return text.Length - 1;
            default:
                return start + 1;
        }
    }
}
