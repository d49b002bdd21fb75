using System.Globalization;
using System.Text.Json;

namespace Towpath.Bench.Measuring;

/// <summary>A report for people or for scripts.</summary>
internal static class ReportText
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <returns>The exit code: 1 when a target was missed.</returns>
    public static int Print(Report report, bool asJson)
    {
        if (asJson)
            Console.WriteLine(JsonSerializer.Serialize(report, Json));
        else
            PrintTable(report);
        return report.IsMet ? 0 : 1;
    }

    private static void PrintTable(Report report)
    {
        var on = report.Conditions;
        Console.WriteLine($"{report.Measurement}: {on.Cores} cores ({on.Processor}), kernel {on.Kernel}, {on.Runtime}, git {on.Git}");
        Console.WriteLine($"data on {on.FileSystem}");
        Console.WriteLine($"{on.At:yyyy-MM-dd HH:mm} UTC, version {on.Version}, load before {Number(on.LoadBefore)}\n");
        var what = Math.Max(4, report.Figures.Max(figure => figure.What.Length));
        var of = Math.Max(2, report.Figures.Max(figure => figure.Of.Length));
        Console.WriteLine($"{"".PadRight(what)}  {"".PadRight(of)}      n    median  quartiles             p95");
        foreach (var (figure, sample) in report.Figures.Select(figure => (figure, figure.Sample)))
        {
            var quartiles = $"{Number(sample.Q1)} to {Number(sample.Q3)}";
            Console.WriteLine(
                $"{figure.What.PadRight(what)}  {figure.Of.PadRight(of)}  {sample.Count,5}  {Number(sample.Median),8}  "
                + $"{quartiles,-18}  {Number(sample.P95),8} {figure.Unit}");
        }

        Console.WriteLine();
        foreach (var target in report.Targets)
        {
            Console.WriteLine(
                $"{(target.IsMet ? "met   " : "MISSED")}  {target.What}: {Number(target.Measured)} {target.Unit}, "
                + $"{(target.IsFloor ? "at least" : "at most")} {Number(target.Limit)}");
        }
    }

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
