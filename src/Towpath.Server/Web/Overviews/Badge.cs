using System.Globalization;
using System.Net;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Overviews;

/// <summary>How things are, in a small picture for a README.</summary>
/// <param name="Label">What it is about.</param>
/// <param name="State">As a word of the API; it gives the colour and the shape.</param>
internal sealed record Badge(string Label, string Message, string State)
{
    private const int TextAtMost = 60;

    private const int Padding = 6;

    private const int IconWidth = 12;

    /// <summary>Widths of the letters from space to ~ in Verdana, in thousandths of the font's size. Pages elsewhere load no font of ours.</summary>
    private static readonly int[] Widths =
    [
        352, 394, 459, 818, 636, 1076, 727, 269, 454, 454, 636, 818, 364, 454, 364, 454, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 454, 454, 818,
        818, 818, 545, 1000, 684, 686, 698, 771, 632, 575, 775, 751, 421, 455, 693, 557, 843, 748, 787, 603, 787, 695, 684, 616, 732, 684, 989, 685, 615,
        685, 454, 454, 454, 818, 636, 636, 601, 623, 521, 623, 596, 352, 623, 633, 274, 344, 592, 274, 973, 633, 607, 623, 623, 427, 521, 394, 633, 592,
        818, 592, 592, 525, 635, 454, 635, 818,
    ];

    /// <param name="newest">Of the runs that are deployed; null: there is none yet.</param>
    public static Badge Of(string project, RunView? newest) => newest is null
        ? new(project, "no run yet", "")
        : new(project, $"run {newest.Number} {Plain(newest.State)}", newest.State);

    public static Badge Of(EnvironmentCard environment) => new(
        environment.Name,
        environment switch
        {
            { Hold: not null, Live: { } live } => $"held, run {live.Run} live",
            { Coming: { } coming } => $"run {coming.Run} {Plain(coming.State)}",
            { Live: { } live } => $"run {live.Run} live",
            { Hold: not null } => "held",
            _ => "nothing live",
        },
        environment.State);

    public string Svg()
    {
        var (label, message) = (Cut(Label), Cut(Message));
        var (labelWidth, messageWidth) = (Width(label), Width(message));
        var left = labelWidth + (2 * Padding);
        var width = left + messageWidth + IconWidth + (3 * Padding);
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" viewBox="0 0 {width} 20" role="img" aria-labelledby="t"><title id="t">{Text(label)}: {Text(message)}</title>
            <clipPath id="r"><rect width="{width}" height="20" rx="4"/></clipPath>
            <g clip-path="url(#r)"><rect width="{left}" height="20" fill="#3d464d"/><rect x="{left}" width="{width - left}" height="20" fill="{Colour}"/></g>
            <path transform="translate({left + Padding} 4)" d="{Shape}" fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>
            <g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true">
            <text x="{Padding}" y="14" textLength="{labelWidth}">{Text(label)}</text><text x="{left + IconWidth + (2 * Padding)}" y="14" textLength="{messageWidth}">{Text(message)}</text></g></svg>

            """);
    }

    /// <summary>In pixels at the badge's size; what is not among the known letters counts as a wide one.</summary>
    private static int Width(string text) =>
        (int)Math.Ceiling(text.Sum(letter => letter is >= ' ' and <= '~' ? Widths[letter - ' '] : 1000) * 11 / 1000.0);

    private string Colour => Look.Tone(State) switch
    {
        "good" => "#1a6b3c",
        "bad" => "#ab2626",
        "busy" => "#17609f",
        "odd" => "#7a4a9c",
        "warn" => "#8a5a00",
        _ => "#59626b",
    };

    private string Shape => Look.Tone(State) switch
    {
        "good" => "M1.5 6.5 4.8 9.8 10.5 2.6",
        "bad" => "m2.2 2.2 7.6 7.6m0-7.6-7.6 7.6",
        "busy" => "M10.8 6A4.8 4.8 0 1 1 6 1.2",
        "odd" or "warn" => "M6 1.5v5.6M6 10.4v.1",
        _ => "M2.5 6h7",
    };

    private static string Plain(string state) => state.Replace('-', ' ');

    private static string Cut(string text) => text.Length > TextAtMost ? text[..(TextAtMost - 1)] + "…" : text;

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
