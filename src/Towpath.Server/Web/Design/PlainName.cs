using System.Globalization;
using System.Text;

namespace Towpath.Server.Web.Design;

/// <summary>Names that anybody may have chosen, such as those of files in a package, with every character in sight.</summary>
public static class PlainName
{
    /// <summary>Characters of a name that are shown.</summary>
    public const int LengthAtMost = 500;

    /// <summary>What moves the text about, or hides in it, stands there by its number, as <c>⟨U+202E⟩</c>. Markup is the page's to encode.</summary>
    public static string Of(string name, int lengthAtMost = LengthAtMost)
    {
        var shown = new StringBuilder();
        var read = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            if (read + rune.Utf16SequenceLength > lengthAtMost)
                break;
            read += rune.Utf16SequenceLength;
            if (IsSeen(rune))
                shown.Append(rune);
            else
                shown.Append(CultureInfo.InvariantCulture, $"⟨U+{rune.Value:X4}⟩");
        }

        return read < name.Length ? $"{shown}… and {name.Length - read} characters more" : shown.ToString();
    }

    /// <summary>Letters, signs and marks that show nothing: Hangul's fillers, an empty pattern of Braille, joiners and selectors.</summary>
    private static bool IsBlank(int rune) =>
        rune is 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800 or 0x034F or (>= 0x17B4 and <= 0x17B5) or (>= 0x180B and <= 0x180F)
            or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF);

    private static bool IsSeen(Rune rune) => !IsBlank(rune.Value) && Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.OtherNotAssigned => false,
        // Others look like the usual one, or like nothing.
        UnicodeCategory.SpaceSeparator => rune.Value == ' ',
        _ => true,
    };
}
