using System.Globalization;
using System.Text;

namespace Towpath.Server.Web.Design;

/// <summary>Names that anybody may have chosen, such as those of files in a package, with every character in sight.</summary>
public static class PlainName
{
    /// <summary>Characters of a name that are shown.</summary>
    public const int LengthAtMost = 500;

    /// <summary>What moves the text about, or hides in it, stands there by its number, as <c>⟨U+202E⟩</c>. Markup is the page's to encode.</summary>
    public static string Of(string name)
    {
        var shown = new StringBuilder();
        foreach (var rune in (name.Length > LengthAtMost ? name[..LengthAtMost] : name).EnumerateRunes())
        {
            if (IsSeen(rune))
                shown.Append(rune);
            else
                shown.Append(CultureInfo.InvariantCulture, $"⟨U+{rune.Value:X4}⟩");
        }

        return name.Length > LengthAtMost ? $"{shown}… and {name.Length - LengthAtMost} characters more" : shown.ToString();
    }

    private static bool IsSeen(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.OtherNotAssigned => false,
        // Others look like the usual one, or like nothing.
        UnicodeCategory.SpaceSeparator => rune.Value == ' ',
        _ => true,
    };
}
