using System.Globalization;
using Towpath.Core.Environments;

namespace Towpath.Output;

/// <summary>Where a canary's verdict came, and where it would have come.</summary>
internal static class ReplayText
{
    /// <summary>For scripts.</summary>
    public static object View(CanaryRecord record, ReplayOutcome outcome) => new
    {
        Outcome = outcome.Follows,
        Measurement = outcome.Decided?.Measurement.Number,
        At = outcome.Decided?.Measurement.At,
        Seconds = outcome.Decided is { } decided ? (double?)(decided.Measurement.At - record.BeganAt).TotalSeconds : null,
        outcome.Decided?.Requests,
        Says = outcome.Decided?.Judgement.Reason,
        Steps = outcome.Steps.Select(step => new { step.Measurement.Step, step.Measurement.Number, step.Measurement.At, step.Requests }).ToList(),
    };

    public static void Write(CanaryRecord record, ReplaySettings other, ReplayOutcome before, ReplayOutcome after)
    {
        Terminal.Line($"{record.Measurements.Count} measurements from {AnalysisText.Clock(record.BeganAt)} on");
        Terminal.Line();
        Terminal.Line($"[bold]as it was[/]  {AnalysisText.Settings(record.Rollout)}");
        One(record, before);
        Terminal.Line();
        Terminal.Line($"[bold]as asked[/]   {AnalysisText.Settings(other.Of(record.Rollout))}");
        One(record, after);
    }

    private static void One(CanaryRecord record, ReplayOutcome outcome)
    {
        foreach (var step in outcome.Steps)
        {
            var share = AnalysisText.Percent(record.Rollout.Steps[Math.Min(step.Measurement.Step, record.Rollout.Steps.Count - 1)].Share);
            Terminal.Line($"  {share} of the requests: enough was shown {Where(record, step)}");
        }

        if (outcome.Decided is not { } decided)
        {
            Terminal.Line("  nothing was measured");
            return;
        }

        Terminal.Line(outcome.Follows switch
        {
            WhatFollows.TakeBack => $"  [red]taken back[/] {Where(record, decided)}",
            WhatFollows.AskPerson => $"  [yellow]left to a person[/] {Where(record, decided)}",
            WhatFollows.GoOn => "  [green]all of the traffic[/] after that",
            _ => $"  [yellow]nothing decided[/] by the end of what was recorded: {Where(record, decided)}",
        });
        Terminal.Line($"  {Terminal.Text(decided.Judgement.Reason)}");
    }

    private static string Where(CanaryRecord record, JudgedMeasurement judged)
    {
        var after = judged.Measurement.At - record.BeganAt;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"in measurement {judged.Measurement.Number}, {(after.TotalMinutes < 1 ? $"{after.TotalSeconds:0} s" : $"{(int)after.TotalMinutes} min {after.Seconds} s")} after it began, with {judged.Requests} requests");
    }
}
