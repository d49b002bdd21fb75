using System.Globalization;
using Spectre.Console;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Language;
using Towpath.Engine.Views;

namespace Towpath.Output;

/// <summary>What a canary's judge saw, as people read it.</summary>
internal static class AnalysisText
{
    /// <summary>Measurements in the table; of more, some are left out.</summary>
    private const int RowsAtMost = 30;

    public static void Write(string environment, AnalysisView analysis)
    {
        var record = analysis.Record;
        Terminal.Line($"[bold]{Terminal.Text(environment)}[/]  deployment {analysis.Deployment} of run {analysis.Run}  {Terminal.State(analysis.State)}  "
            + Terminal.Text(analysis.Reason));
        Terminal.Line($"  {Terminal.Text(analysis.Says)}");
        Terminal.Line();
        Terminal.Line($"  judge     {Settings(record.Rollout)}");
        Terminal.Line($"  before    {Before(record.History)}");
        foreach (var turn in record.Turns)
            Terminal.Line($"  {Clock(turn.At)}  {Terminal.Text(Turn(record, turn))}");
        if (analysis.Judged.Count == 0)
            return;
        Measurements(analysis);
        Metrics(analysis.Judged[^1], analysis.Record.Rollout.Judge);
        Watched(analysis);
    }

    /// <summary>With as many digits as tell them apart.</summary>
    public static string E(double value) => value.ToString(value is >= 0.01 and < 100_000 ? "0.##" : "0.#e0", CultureInfo.InvariantCulture);

    public static string Percent(double? rate) => rate is { } share ? (share * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %" : "–";

    public static string Settings(RolloutDefinition rollout) => rollout.Judge switch
    {
        JudgeKind.Sequential => $"sequential, alpha {Percent(rollout.Alpha)}, at least {Durations.Text(rollout.Dwell)} a step",
        JudgeKind.Kayenta => $"kayenta, pass {rollout.Kayenta?.Pass}, marginal {rollout.Kayenta?.Marginal}, every {Durations.Text(rollout.Dwell)}",
        JudgeKind.Threshold => $"threshold, at least {Durations.Text(rollout.Dwell)} a step",
        _ => $"none, {Durations.Text(rollout.Dwell)} a step",
    };

    public static string Clock(DateTimeOffset at) => at.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Before(TrafficHistory history) => history.Requests == 0
        ? "the live version had answered no request yet"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"the live version had answered {history.Requests} requests, {Percent((double)history.Errors / history.Requests)} with an error; {history.RequestsPerSecond:0.#} a second");

    private static string Turn(CanaryRecord record, CanaryTurn turn) => turn.Kind switch
    {
        TurnKind.Step => $"step {turn.Step + 1}: {Percent(record.Rollout.Steps[Math.Min(turn.Step ?? 0, record.Rollout.Steps.Count - 1)].Share)} of the requests",
        TurnKind.Paused => $"waits for a person: {turn.Text}",
        TurnKind.Advanced => $"{turn.Text} let it go on",
        TurnKind.AllTraffic => "all of the traffic",
        _ => $"taken back: {turn.Text}",
    };

    private static void Measurements(AnalysisView analysis)
    {
        Terminal.Line();
        var table = Terminal.Table("  #", "AT", "SHARE", "NEW", "ERRORS", "LIVE", "ERRORS", "E WORSE", "E SLOWER", "E NOT WORSE", "VERDICT");
        var pairs = analysis.Record.Measurements.Zip(analysis.Judged).ToList();
        var left = 0;
        for (var i = 0; i < pairs.Count; i++)
        {
            // The beginning and the end say most.
            if (pairs.Count > RowsAtMost && i >= RowsAtMost / 3 && i < pairs.Count - (RowsAtMost * 2 / 3))
            {
                left++;
                continue;
            }

            if (left > 0)
                table.AddRow("  …", $"{left} more", "", "", "", "", "", "", "", "", "");
            left = 0;
            var (measured, judged) = pairs[i];
            var (errors, latency) = (judged.Metrics.FirstOrDefault(metric => metric.Name == "errors"), judged.Metrics.FirstOrDefault(metric => metric.Name == "latency"));
            table.AddRow(
                $"  {measured.Number}", Clock(measured.At), Percent(measured.Traffic?.Share), Requests(measured.Traffic?.Candidate), Rate(measured.Traffic?.Candidate),
                Requests(measured.Traffic?.Baseline), Rate(measured.Traffic?.Baseline), errors is null ? "–" : E(errors.Worse), latency is null ? "–" : E(latency.Worse),
                errors is null ? "–" : E(Math.Min(errors.NotWorse, latency?.NotWorse ?? double.MaxValue)), judged.Verdict);
        }

        Terminal.Out.Write(table);
    }

    private static string Requests(TrafficCounts? counts) => counts is null ? "–" : counts.Requests.ToString(CultureInfo.InvariantCulture);

    private static string Rate(TrafficCounts? counts) => counts is null || counts.Requests == 0 ? "–" : Percent((double)counts.Errors / counts.Requests);

    private static void Metrics(JudgedView last, JudgeKind judge)
    {
        if (last.Metrics.Count == 0)
            return;
        Terminal.Line();
        var table = Terminal.Table("  ALL STEPS", "NEW", "LIVE", "E WORSE", "E NOT WORSE", "WOULD HAVE SHOWN FROM");
        foreach (var metric in last.Metrics)
        {
            var name = metric.SlowerThan is { } edge ? string.Create(CultureInfo.InvariantCulture, $"  slower than {edge:0.#} ms") : $"  {metric.Name}";
            table.AddRow(
                Terminal.Text(name), Percent(metric.CandidateRate), Percent(metric.BaselineRate), E(metric.Worse), E(metric.NotWorse),
                metric.Detectable is null ? "nothing" : Percent(metric.Detectable));
        }

        foreach (var edge in last.Edges)
        {
            table.AddRow(
                string.Create(CultureInfo.InvariantCulture, $"    > {edge.Edge:0.#} ms"), Percent(Share(edge.CandidateSlower, edge.CandidateRequests)),
                Percent(Share(edge.BaselineSlower, edge.BaselineRequests)), E(Bounded(edge.LogWorse)), E(Bounded(edge.LogNotWorse)), "");
        }

        Terminal.Out.Write(table);
        if (!last.Settled && judge == JudgeKind.Sequential)
            Terminal.Line("  latency does not count yet: the new version has not been seen to stop getting quicker after its start");
    }

    private static double? Share(long hits, long requests) => requests == 0 ? null : (double)hits / requests;

    private static double Bounded(double log) => Math.Min(double.MaxValue, Math.Exp(log));

    private static void Watched(AnalysisView analysis)
    {
        if (analysis.Judged[^1].Watched.Count == 0)
            return;
        Terminal.Line();
        var table = Terminal.Table("  METRIC", "NEW", "LIVE", "GOOD", "BAD", "NEITHER", "PROBLEM", "ASKED");
        foreach (var metric in analysis.Judged[^1].Watched)
        {
            table.AddRow(
                $"  {Terminal.Text(metric.Name)}", Number(metric.Value), Number(metric.Live), Count(metric.Successful), Count(metric.Failed), Count(metric.Inconclusive),
                Terminal.Text(metric.Problem), Terminal.Text(Question(analysis.Record, metric.Name)));
        }

        Terminal.Out.Write(table);
    }

    private static string Number(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "–";

    private static string Count(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "–";

    /// <summary>With all names filled in, as it was asked about the new version.</summary>
    private static string Question(CanaryRecord record, string metric) => record.Questions.FirstOrDefault(asked => asked.Metric == metric && !asked.OfLive)?.Source switch
    {
        PrometheusQuery prometheus => $"{prometheus.Url} {RunText.Short(prometheus.Query)}",
        HttpNumber http => $"{http.Url} {http.Value}",
        CommandNumber command => RunText.Short(command.Command),
        _ => "the router",
    };
}
