using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Towpath.Server.Logs;

namespace Towpath.Server.Web.Logs;

/// <summary>
/// Lines of a log as HTML. What a job printed is not to be trusted: every character is encoded, colours become classes,
/// and all other control sequences are dropped.
/// </summary>
public static class LogHtml
{
    /// <summary>Characters of a line that a page shows.</summary>
    public const int TextAtMost = 2000;

    /// <summary>Letters of every script stay readable in the page's source.</summary>
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>One line of HTML for one line of log.</summary>
    /// <param name="before">When the line before was printed; null: there is none, or nobody knows.</param>
    /// <param name="most">Characters of its text that are shown.</param>
    public static string Line(LogLine line, DateTimeOffset? before = null, int most = TextAtMost)
    {
        var kind = line.Channel switch { "stderr" => "l err", "towpath" => "l own", _ => "l" };
        var at = line.At.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var since = before is { } earlier ? After(line.At - earlier) : "";
        var rest = line.Text.Length > most ? $"<em>… and {line.Text.Length - most} characters more</em>" : "";
        return $"<div class=\"{kind}\" id=\"L{line.Number}\"><a href=\"#L{line.Number}\">{line.Number}</a><time>{at}</time><i>{since}</i>"
            + $"<span>{Text(line.Text, most)}{rest}</span></div>";
    }

    /// <summary>Each line with how long after the one before it came.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<LogLine> lines, DateTimeOffset? before)
    {
        foreach (var line in lines)
        {
            yield return Line(line, before);
            before = line.At;
        }
    }

    /// <summary>The text of one line.</summary>
    public static string Text(string text, int most = TextAtMost)
    {
        var html = new StringBuilder();
        var style = new Style();
        var plain = new StringBuilder();
        var shown = LogText.AfterReturns(text);
        if (shown.Length > most)
            shown = shown[..most];
        for (var at = 0; at < shown.Length; at++)
        {
            var letter = shown[at];
            if (letter == LogText.Escape)
            {
                Flush();
                var end = LogText.EndOfSequence(shown, at);
                if (end > at + 1 && shown[at + 1] == '[' && shown[end] == 'm')
                    style.Take(shown[(at + 2)..end]);
                at = end;
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

    /// <summary>Clocks that were set make it negative: then it says nothing.</summary>
    private static string After(TimeSpan span) => span.TotalSeconds switch
    {
        < 0.001 => "",
        < 60 => string.Create(CultureInfo.InvariantCulture, $"+{span.TotalSeconds:0.000} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"+{(int)span.TotalMinutes}:{span.Seconds:00} min"),
    };

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
