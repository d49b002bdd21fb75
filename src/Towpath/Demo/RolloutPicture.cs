using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Demo;

/// <summary>
/// A canary as it goes on: both versions' rates with the bands that they lie in, and how the evidence grows. Gathers what the server says,
/// one measurement after the other.
/// </summary>
/// <param name="title">Of the version.</param>
internal sealed class RolloutPicture(string title)
{
    private const int ChartLines = 6;
    private const int ScaleWidth = 6;
    private const int NameWidth = 6;
    private const int RateWidth = 18;
    private const int WidestBand = 90;
    private const int NarrowestBand = 20;
    private const int NumberGap = 3;

    /// <summary>Letters of the chart for each measurement: the first ones are to be seen.</summary>
    private const int ColumnWidth = 2;

    /// <summary>The chart goes so much further than what is needed, in decades: that it was passed is to be seen.</summary>
    private const double Beyond = 0.5;

    private readonly List<double> evidence = [];
    private DeploymentView? latest;
    private double measured = -1;

    /// <summary>Columns of the chart so far.</summary>
    public int Measurements => evidence.Count;

    /// <returns>True when it shows something new.</returns>
    public bool Add(DeploymentView deployment)
    {
        if (latest is not null && deployment.State == latest.State && deployment.Reason == latest.Reason
            && deployment.Rollout == latest.Rollout && RequestsOf(deployment) == measured)
            return false;
        latest = deployment;
        if (deployment.Evidence is { } seen && RequestsOf(deployment) != measured)
            evidence.Add(seen.Worse);
        measured = RequestsOf(deployment);
        return true;
    }

    /// <param name="width">Columns of the terminal.</param>
    public IRenderable Draw(int width)
    {
        var rows = new List<IRenderable> { new Markup($"[bold]{Terminal.Text(Shortened(title, width - 4))}[/]") { Overflow = Overflow.Ellipsis } };
        rows.Add(new Markup(Terminal.Text(Where())));
        // A frame, and a column of air on each side.
        var inner = width - 4;
        if (latest?.Evidence is { } seen && measured > 0)
        {
            foreach (var metric in seen.Metrics)
                rows.AddRange(Draw(metric, seen, inner));
            rows.Add(Text.Empty);
            rows.AddRange(Chart(seen, inner));
            rows.Add(Text.Empty);
            rows.AddRange(NotWorse(seen, inner));
        }

        return new Panel(new Rows(rows)) { Border = BoxBorder.Rounded, BorderStyle = new Style(Frame()), Padding = new Padding(1, 0) };
    }

    /// <summary>The same in one line, for what is no terminal.</summary>
    public string Line()
    {
        if (latest is not { Rollout: not null, Evidence: { } seen } || measured <= 0)
            return Where();
        var metrics = seen.Metrics.Select(metric =>
            $"{NameOf(metric)}: live {Percent(metric.Live.Rate)} ({Band(metric.Live)}), new {Percent(metric.New.Rate)} ({Band(metric.New)})");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Where()}; {string.Join("; ", metrics)}; worse: {Number(seen.Worse)} of {Number(seen.Needed)}, "
                + $"no worse: {Number(seen.Metrics.Min(metric => metric.NotWorse))} of {Number(seen.NotWorseNeeded)}");

        static string Band(RateView rate) => $"{Percent(rate.Low)} to {Percent(rate.High)}";
    }

    private static double RequestsOf(DeploymentView deployment) => deployment.Evidence?.Metrics[0].New.Requests ?? 0;

    private static IEnumerable<IRenderable> Draw(MetricView metric, EvidenceView seen, int inner)
    {
        var width = Math.Clamp(inner - NameWidth - RateWidth, NarrowestBand, WidestBand);
        var most = Strip.Scale(Math.Max(metric.New.Requests > 0 ? metric.New.High : 0, metric.Live.High));
        var far = Percent(most);
        yield return Text.Empty;
        var axis = "0" + new string(' ', width - 1 - far.Length) + far;
        yield return new Markup($"{Terminal.Text(NameOf(metric).PadRight(NameWidth + RateWidth))}[grey]{axis}[/]");
        yield return Version("live", metric.Live, "blue");
        yield return Version("new", metric.New, metric.Worse >= seen.Needed ? "red" : metric.NotWorse >= seen.NotWorseNeeded ? "green" : "yellow");

        Markup Version(string name, RateView rate, string colour)
        {
            var band = rate.Requests > 0 ? Strip.Band(rate.Low, rate.Rate, rate.High, most, width) : "";
            var counted = string.Create(CultureInfo.InvariantCulture, $"{Percent(rate.Rate)} of {rate.Requests:0}");
            return new Markup($"{name.PadRight(NameWidth)}{counted.PadRight(RateWidth)}[{colour}]{band}[/]");
        }
    }

    private IEnumerable<IRenderable> Chart(EvidenceView seen, int inner)
    {
        var decades = Math.Log10(seen.Needed) + Beyond;
        var width = Math.Clamp(inner - ScaleWidth, NarrowestBand, WidestBand + NameWidth + RateWidth - ScaleWidth);
        var heights = evidence.TakeLast(width / ColumnWidth)
            .SelectMany(value => Enumerable.Repeat(Math.Log10(Math.Max(1, value)) / decades, ColumnWidth)).ToList();
        var columns = Strip.Columns(heights, ChartLines);
        yield return new Markup($"evidence that it is worse [grey](e-value; at {Number(seen.Needed)} it is taken back)[/]");
        for (var line = 0; line < ChartLines; line++)
        {
            // The middle of each line, in decades.
            var (top, bottom) = ((ChartLines - line) * decades / ChartLines, (ChartLines - line - 1) * decades / ChartLines);
            var needed = Math.Log10(seen.Needed);
            var isNeeded = needed > bottom && needed <= top;
            var label = isNeeded ? Number(seen.Needed) : Math.Ceiling(bottom) < top ? Number(Math.Pow(10, Math.Ceiling(bottom))) : "";
            var colour = seen.Worse >= seen.Needed ? "red" : "yellow";
            var rest = isNeeded ? new string('┄', Math.Max(0, width - columns[line].Length)) : "";
            var drawn = isNeeded ? columns[line].Replace(' ', '┄') : columns[line];
            yield return new Markup($"[grey]{label.PadLeft(ScaleWidth - 1)}[/] [{colour}]{drawn}[/][grey]{rest}[/]");
        }

        var each = string.Join(", ", seen.Metrics.Select(metric => $"{metric.Name} {Number(metric.Worse)}"));
        yield return new Markup($"{new string(' ', ScaleWidth)}[grey]{each} now[/]");
    }

    /// <summary>A bar for each metric, in decades as well.</summary>
    private static IEnumerable<IRenderable> NotWorse(EvidenceView seen, int inner)
    {
        yield return new Markup($"evidence that it is no worse [grey](when each is at {Number(seen.NotWorseNeeded)} it may go on)[/]");
        var width = Math.Clamp(inner - NameWidth - RateWidth, NarrowestBand, WidestBand);
        foreach (var metric in seen.Metrics)
        {
            var isEnough = metric.NotWorse >= seen.NotWorseNeeded;
            var bar = Strip.Bar(Math.Log(Math.Max(1, metric.NotWorse)) / Math.Log(seen.NotWorseNeeded), width);
            var number = Number(metric.NotWorse).PadRight(RateWidth - NumberGap);
            yield return new Markup($"{metric.Name.PadRight(NameWidth + NumberGap)}{number}[{(isEnough ? "green" : "yellow")}]{bar}[/]");
        }
    }

    private string Where() => latest switch
    {
        null => "on its way",
        { Rollout: { } rollout } => string.Create(
            CultureInfo.InvariantCulture, $"step {rollout.Step} of {rollout.Steps}: {rollout.Share * 100:0.##} % of the requests")
            + (RequestsOf(latest) > 0 ? "" : ", the first of which do not count: a program that was just started is slow"),
        { Reason.Length: > 0 } ended => $"{ended.State}: {ended.Reason}",
        { } other => other.State,
    };

    private Color Frame() => latest?.State switch
    {
        "rolled-back" or "rolling-back" or "failed" or "errored" => Color.Red,
        "live" => Color.Green,
        _ => Color.Grey,
    };

    private static string NameOf(MetricView metric) => metric.SlowerThan is { } edge
        ? string.Create(CultureInfo.InvariantCulture, $"slower than {edge:0.#} ms")
        : metric.Name;

    private static string Percent(double? rate) => rate is { } known
        ? string.Create(CultureInfo.InvariantCulture, $"{known * 100:0.##} %")
        : "–";

    private static string Number(double value) => value switch
    {
        >= 1e6 => value.ToString("0e+0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.#", CultureInfo.InvariantCulture),
    };

    private static string Shortened(string text, int width) => text.Length <= width ? text : text[..(width - 1)] + "…";
}
