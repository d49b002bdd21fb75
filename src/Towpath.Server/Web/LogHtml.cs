using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Towpath.Server.Logs;

namespace Towpath.Server.Web;

/// <summary>
/// Lines of a log as HTML. What a job printed is not to be trusted: every character is encoded, colours become classes,
/// and all other control sequences are dropped.
/// </summary>
public static class LogHtml
{
    private const char Escape = '\u001b';

    /// <summary>Letters of every script stay readable in the page's source.</summary>
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>One line of HTML for one line of log.</summary>
    public static string Line(LogLine line)
    {
        var kind = line.Channel switch { "stderr" => "l err", "towpath" => "l own", _ => "l" };
        var at = line.At.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var anchor = $"<a href=\"#L{line.Number}\" title=\"{at}\">{line.Number}</a>";
        return $"<div class=\"{kind}\" id=\"L{line.Number}\">{anchor}<span>{Text(line.Text)}</span></div>";
    }

    /// <summary>The text of one line.</summary>
    public static string Text(string text)
    {
        var html = new StringBuilder();
        var style = new Style();
        var plain = new StringBuilder();
        var shown = AfterReturns(text);
        for (var at = 0; at < shown.Length; at++)
        {
            var letter = shown[at];
            if (letter == Escape)
            {
                Flush();
                at = Sequence(shown, at, style);
            }
            else if (letter == '\t' || !char.IsControl(letter))
            {
                plain.Append(letter);
            }
        }

        Flush();
        return html.ToString();

        void Flush()
        {
            if (plain.Length == 0)
                return;
            var encoded = Encoder.Encode(plain.ToString());
            html.Append(style.Classes is { Length: > 0 } classes ? $"<span class=\"{classes}\">{encoded}</span>" : encoded);
            plain.Clear();
        }
    }

    /// <summary>A line that was written over, as progress bars do, shows what stood there last.</summary>
    private static ReadOnlySpan<char> AfterReturns(string text)
    {
        var shown = text.AsSpan().TrimEnd('\r');
        return shown[(shown.LastIndexOf('\r') + 1)..];
    }

    /// <summary>Reads one control sequence, and keeps what it says of colours.</summary>
    /// <returns>The place of its last character.</returns>
    private static int Sequence(ReadOnlySpan<char> text, int start, Style style)
    {
        if (start + 1 >= text.Length)
            return start;
        switch (text[start + 1])
        {
            case '[':
                var end = start + 2;
                while (end < text.Length && text[end] is < '@' or > '~')
                    end++;
                if (end < text.Length && text[end] == 'm')
                    style.Take(text[(start + 2)..end]);
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

    /// <summary>What SGR sequences have said so far in a line.</summary>
    private sealed class Style
    {
        private bool bold;
        private bool dim;
        private bool italic;
        private bool underline;
        private int? colour;

        public string Classes
        {
            get
            {
                if (!bold && !dim && !italic && !underline && colour is null)
                    return "";
                var foreground = colour is { } number ? $"c{number}" : null;
                string?[] all = [bold ? "b" : null, dim ? "d" : null, italic ? "i" : null, underline ? "u" : null, foreground];
                return string.Join(' ', all.OfType<string>());
            }
        }

        public void Take(ReadOnlySpan<char> codes)
        {
            var all = codes.ToString().Split(';', ':');
            for (var i = 0; i < all.Length; i++)
            {
                var code = all[i].Length == 0 ? 0
                    : int.TryParse(all[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
                    : -1;
                switch (code)
                {
                    case 0: (bold, dim, italic, underline, colour) = (false, false, false, false, null); break;
                    case 1: bold = true; break;
                    case 2: dim = true; break;
                    case 3: italic = true; break;
                    case 4: underline = true; break;
                    case 22: (bold, dim) = (false, false); break;
                    case 23: italic = false; break;
                    case 24: underline = false; break;
                    case >= 30 and <= 37: colour = code - 30; break;
                    case 39: colour = null; break;
                    case >= 90 and <= 97: colour = code - 90; break;
                    // 256 colours and true colours: their numbers follow. They are not shown, but must not be taken for codes.
                    case 38 or 48: i += i + 1 < all.Length && all[i + 1] == "5" ? 2 : 4; break;
                    default: break;
                }
            }
        }
    }
}
