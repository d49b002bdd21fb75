using Spectre.Console;

namespace Towpath.Output;

/// <summary>What people read: colours only where a terminal shows them, and no broken lines where a program reads them.</summary>
internal static class Terminal
{
    /// <summary>Columns of an output that is no terminal.</summary>
    private const int Wide = 500;

    public static IAnsiConsole Out { get; } = Create(Console.Out, Console.IsOutputRedirected);

    /// <summary>A person sees this and can answer.</summary>
    public static bool IsInteractive => !Console.IsOutputRedirected && !Console.IsInputRedirected;

    /// <summary>A cell with a state in its colour.</summary>
    public static string State(string state) => $"[{Colour(state)}]{Mark(state)} {Markup.Escape(state)}[/]";

    public static string Text(string? text) => Markup.Escape(Printable(text ?? ""));

    public static string Quiet(string? text) => $"[grey]{Text(text)}[/]";

    /// <summary>Text from elsewhere as one line that cannot steer the terminal.</summary>
    public static string Printable(string text) => text.Any(char.IsControl)
        ? new string([.. text.Select(letter => char.IsControl(letter) ? ' ' : letter)])
        : text;

    public static Table Table(params ReadOnlySpan<string> headings)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var heading in headings)
            table.AddColumn(new TableColumn($"[grey]{Markup.Escape(heading)}[/]") { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        return table;
    }

    public static void Line(string markup = "") => Out.MarkupLine(markup);

    private static string Colour(string state) => state switch
    {
        "succeeded" or "live" or "healthy" => "green",
        "failed" or "errored" or "rolled-back" or "refused" or "needs-decision" or "unhealthy" or "ended" => "red",
        "running" or "starting" or "checking" or "shifting" or "rolling-back" or "paused" or "restarting" => "yellow",
        _ => "grey",
    };

    private static char Mark(string state) => state switch
    {
        "succeeded" or "live" or "healthy" => '✓',
        "failed" or "errored" or "refused" or "unhealthy" or "ended" => '✗',
        "rolled-back" or "rolling-back" => '↩',
        "needs-decision" => '!',
        "running" or "starting" or "checking" or "shifting" or "paused" or "restarting" => '●',
        _ => '·',
    };

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect });
        if (redirected)
            console.Profile.Width = Wide;
        return console;
    }
}
