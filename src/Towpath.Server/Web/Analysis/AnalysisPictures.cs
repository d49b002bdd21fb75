using System.Globalization;
using System.Text;
using Towpath.Core.Agents;
using Towpath.Core.Environments.Analysis.Bands;
using Towpath.Core.Pipelines;
using Towpath.Engine.Views;

namespace Towpath.Server.Web.Analysis;

/// <summary>Lines over the measurements of a canary, in a field of 1000 by 100.</summary>
/// <param name="Marks">Where a step begins: percent of the width, and its share.</param>
public sealed record Picture(
    string Title,
    IReadOnlyList<PictureLine> Lines,
    IReadOnlyList<PictureLevel> Levels,
    IReadOnlyList<PictureMark> Marks,
    string From,
    string To);

/// <param name="Tone">A class of the style sheet.</param>
/// <param name="Points">For a polyline.</param>
/// <param name="Band">For a polygon; empty: none.</param>
/// <param name="Last">The newest value, for people.</param>
public sealed record PictureLine(string Name, string Tone, string Points, string Band, string Last);

/// <param name="Y">From the top, 0 to 100.</param>
public sealed record PictureLevel(double Y, string Text, bool IsLimit);

/// <param name="X">From the left, 0 to 100.</param>
public sealed record PictureMark(double X, string Text);

/// <summary>Draws what a judge saw.</summary>
internal static class AnalysisPictures
{
    private const int PointsAtMost = 240;
    private const double BandAlpha = 0.05;
    private const double LeastExponent = -2;
    private const double MostExponent = 24;

    /// <summary>The value from which on a version counts as not worse.</summary>
    private const double EnoughToGoOn = 20;

    public static IReadOnlyList<Picture> Of(AnalysisView analysis)
    {
        if (analysis.Judged.Count == 0)
            return [];
        var pictures = new List<Picture> { Traffic(analysis) };
        if (analysis.Record.Rollout.Judge == JudgeKind.Sequential)
            pictures.Add(Evidence(analysis));
        pictures.Add(Errors(analysis));
        if (Latency(analysis) is { } latency)
            pictures.Add(latency);
        pictures.AddRange(analysis.Record.Rollout.Metrics.Select((metric, index) => Metric(analysis, metric, index)));
        return pictures;
    }

    private static Picture Traffic(AnalysisView analysis)
    {
        var measured = analysis.Record.Measurements;
        double?[] PerSecond(Func<TrafficMeasure, long> requests) =>
            [.. measured.Select(one => one.Traffic is { } traffic ? requests(traffic) / (traffic.Seconds ?? analysis.Record.Bin.TotalSeconds) : (double?)null)];
        var (candidate, live) = (PerSecond(traffic => traffic.Candidate.Requests), PerSecond(traffic => traffic.Baseline.Requests));
        var scale = new Scale(0, Math.Max(1, candidate.Concat(live).Max() ?? 0) * 1.15);
        return Framed(analysis, "Requests a second by version; below, the new version's share from there on",
            [Line("new", "water", candidate, scale, PerSecondText(candidate[^1])), Line("live", "quiet", live, scale, PerSecondText(live[^1]))],
            [new(scale.Y(scale.High / 1.15), PerSecondText(scale.High / 1.15), false)]);
    }

    /// <summary>At the edge that says most, or at the middle one. Null: nothing was slower than any.</summary>
    private static Picture? Latency(AnalysisView analysis)
    {
        var last = analysis.Judged[^1];
        if (last.Edges.Count == 0)
            return null;
        var edge = last.Metrics.FirstOrDefault(metric => metric.Name == "latency")?.SlowerThan ?? last.Edges[last.Edges.Count / 2].Edge;
        var seen = analysis.Judged.Select(one => one.Edges.FirstOrDefault(known => known.Edge.Equals(edge))).ToList();
        var candidate = seen.Select(one => (one?.CandidateRequests ?? 0, one?.CandidateSlower ?? 0)).ToList();
        var live = seen.Select(one => (one?.BaselineRequests ?? 0, one?.BaselineSlower ?? 0)).ToList();
        return Shares(analysis, string.Create(CultureInfo.InvariantCulture, $"Share of the requests that took over {edge:0.#} ms, with the band in which each version's lies (95 %)"), candidate, live);
    }

    private static Picture Evidence(AnalysisView analysis)
    {
        var enough = 1 / analysis.Record.Rollout.Alpha;
        var judged = analysis.Judged;
        double[] Exponents(Func<JudgedView, double> log) => [.. judged.Select(one => Math.Clamp(log(one) / Math.Log(10), LeastExponent, MostExponent))];
        var errors = Exponents(one => one.Metrics.FirstOrDefault(metric => metric.Name == "errors")?.LogWorse ?? 0);
        var slower = Exponents(one => one.Metrics.FirstOrDefault(metric => metric.Name == "latency")?.LogWorse ?? 0);
        var well = Exponents(one => one.Metrics.Count == 0 ? 0 : one.Metrics.Min(metric => metric.LogNotWorse));
        var scale = new Scale(LeastExponent, Math.Max(Math.Log10(enough) * 1.3, Math.Max(errors.Max(), Math.Max(slower.Max(), Math.Min(well.Max(), Math.Log10(enough) * 2))) * 1.1));
        return Framed(analysis, "Evidence: how much more likely what was seen is if the version is worse, or if it is not",
            [
                Line("it fails more", "bad", errors, scale, Power(errors[^1])),
                Line("it is slower", "odd", slower, scale, Power(slower[^1])),
                Line("it is no worse", "good", well, scale, Power(well[^1])),
            ],
            [
                new(scale.Y(Math.Log10(enough)), $"{Number(enough)}: enough to take it back", IsLimit: true),
                new(scale.Y(Math.Log10(EnoughToGoOn)), $"{Number(EnoughToGoOn)}: enough to go on", IsLimit: false),
                new(scale.Y(0), "1: nothing", IsLimit: false),
            ]);
    }

    private static Picture Errors(AnalysisView analysis)
    {
        var traffic = analysis.Record.Measurements.Select(measured => measured.Traffic).ToList();
        var candidate = Sums(traffic.Select(one => (one?.Candidate.Requests ?? 0, one?.Candidate.Errors ?? 0)));
        var live = Sums(traffic.Select(one => (one?.Baseline.Requests ?? 0, one?.Baseline.Errors ?? 0)));
        return Shares(analysis, "Share of the requests that failed so far, with the band in which each version's rate lies (95 %)", candidate, live);
    }

    private static Picture Shares(AnalysisView analysis, string title, List<(long Requests, long Hits)> candidate, List<(long Requests, long Hits)> live)
    {
        var rates = candidate.Concat(live).Select(Rate).ToList();
        var scale = new Scale(0, Math.Clamp(Math.Max(rates.Max() * 1.5, rates[^1] * 3), 0.01, 1));
        return Framed(analysis, title,
            [Rates("new", "water", candidate, scale), Rates("live", "quiet", live, scale)],
            [new(scale.Y(scale.High), Percent(scale.High), false), new(scale.Y(scale.High / 2), Percent(scale.High / 2), false)]);
    }

    private static PictureLine Rates(string name, string tone, List<(long Requests, long Errors)> sums, Scale scale)
    {
        var tight = Math.Max(1, sums[^1].Requests / 2.0);
        var shown = Shown(sums.Count).ToList();
        var bands = shown.Select(one => RateBand.Of(sums[one.Index].Errors, sums[one.Index].Requests, BandAlpha, tight)).ToList();
        var band = new StringBuilder();
        for (var i = 0; i < shown.Count; i++)
            Point(band, shown[i].X, scale.Y(bands[i].High));
        for (var i = shown.Count - 1; i >= 0; i--)
            Point(band, shown[i].X, scale.Y(bands[i].Low));
        return Line(name, tone, [.. sums.Select(Rate)], scale, Percent(Rate(sums[^1]))) with { Band = band.ToString() };
    }

    private static Picture Metric(AnalysisView analysis, MetricDefinition metric, int index)
    {
        var watched = analysis.Judged.Select(one => index < one.Watched.Count ? one.Watched[index] : null).ToList();
        double?[] candidate = [.. watched.Select(one => one?.Value)];
        double?[] live = [.. watched.Select(one => one?.Live)];
        var limit = metric.Fail is { OfLive: false } fail ? fail.Number : metric.Pass is { OfLive: false } pass ? pass.Number : (double?)null;
        var all = candidate.Concat(live).Append(limit).OfType<double>().Append(0).ToList();
        var scale = new Scale(Math.Min(0, all.Min()), all.Max() > 0 ? all.Max() * 1.15 : 1);
        var levels = limit is { } at ? [new PictureLevel(scale.Y(at), $"{(metric.Fail is null ? "passes" : "fails")} {metric.Fail ?? metric.Pass}", true)] : new List<PictureLevel>();
        return Framed(analysis, $"{metric.Name}{(watched[^1]?.Problem is { Length: > 0 } problem ? $": {problem}" : "")}",
            [Line("new", "water", candidate, scale, Number(candidate[^1])), Line("live", "quiet", live, scale, Number(live[^1]))],
            [.. levels, new(scale.Y(scale.High / 1.15), Number(scale.High / 1.15), false)]);
    }

    private static Picture Framed(AnalysisView analysis, string title, IReadOnlyList<PictureLine> lines, IReadOnlyList<PictureLevel> levels)
    {
        var measured = analysis.Record.Measurements;
        var marks = new List<PictureMark>();
        for (var i = 0; i < measured.Count; i++)
        {
            if (i == 0 || measured[i].Step != measured[i - 1].Step)
                marks.Add(new(X(i, measured.Count) / 10, Percent(analysis.Record.Rollout.Steps[Math.Min(measured[i].Step, analysis.Record.Rollout.Steps.Count - 1)].Share)));
        }

        return new(title, [.. lines.Where(line => line.Points.Length > 0)], levels, marks, Clock(analysis.Record.BeganAt), Clock(measured[^1].At));
    }

    private static PictureLine Line(string name, string tone, IReadOnlyList<double> values, Scale scale, string last) =>
        Line(name, tone, [.. values.Select(value => (double?)value)], scale, last);

    private static PictureLine Line(string name, string tone, double?[] values, Scale scale, string last)
    {
        var points = new StringBuilder();
        foreach (var (index, x) in Shown(values.Length))
        {
            if (values[index] is { } value)
                Point(points, x, scale.Y(value));
        }

        return new(name, tone, points.ToString(), "", last);
    }

    private static List<(long Requests, long Errors)> Sums(IEnumerable<(long Requests, long Errors)> counts)
    {
        var sums = new List<(long Requests, long Errors)>();
        foreach (var (requests, errors) in counts)
            sums.Add(sums.Count == 0 ? (requests, errors) : (sums[^1].Requests + requests, sums[^1].Errors + errors));
        return sums;
    }

    private static double Rate((long Requests, long Errors) sum) => sum.Requests == 0 ? 0 : (double)sum.Errors / sum.Requests;

    /// <summary>So many that the page stays small, the last one always. A single one is drawn as long as it took: a point is not seen.</summary>
    private static IEnumerable<(int Index, double X)> Shown(int count)
    {
        if (count == 1)
            return [(0, 0), (0, 1000)];
        var step = Math.Max(1, (count + PointsAtMost - 1) / PointsAtMost);
        return Enumerable.Range(0, count).Where(index => index % step == 0 || index == count - 1).Select(index => (index, X(index, count)));
    }

    private static double X(int index, int count) => count < 2 ? 0 : 1000.0 * index / (count - 1);

    private static void Point(StringBuilder points, double x, double y) => points.Append(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.##} ");

    private static string Clock(DateTimeOffset at) => at.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string PerSecondText(double? value) => value is { } known ? known.ToString(known < 10 ? "0.#" : "0", CultureInfo.InvariantCulture) + " /s" : "none";

    private static string Number(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "none";

    private static string Power(double exponent) => exponent switch
    {
        <= -2 => "< 0.01",
        < 5 => Math.Pow(10, exponent).ToString("0.##", CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"10^{exponent:0}"),
    };

    private sealed record Scale(double Low, double High)
    {
        public double Y(double value) => 100 - (100 * Math.Clamp((value - Low) / (High - Low), 0, 1));
    }
}
