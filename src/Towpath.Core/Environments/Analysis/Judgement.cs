namespace Towpath.Core.Environments.Analysis;

/// <summary>What the comparison of the new version with the live one came to.</summary>
public enum Verdict
{
    /// <summary>Nothing is clear. It is never taken for success.</summary>
    Undecided,

    /// <summary>Take it back.</summary>
    Worse,

    /// <summary>It may have more traffic.</summary>
    NotWorse,

    /// <summary>One or both versions have no requests.</summary>
    NoData,

    /// <summary>The measurements are not what the comparison takes them for; hold.</summary>
    Unreliable,
}

/// <summary>Who has no requests.</summary>
public enum Silence
{
    None,

    /// <summary>The live one has: the new one may not be reached at all.</summary>
    Candidate,

    /// <summary>There is no traffic.</summary>
    Both,
}

/// <summary>What one metric says.</summary>
/// <param name="Name">errors or latency.</param>
/// <param name="LogWorse">ln of the e-value that it is worse; 1/α is enough.</param>
/// <param name="LogNotWorse">ln of the e-value that it is not.</param>
/// <param name="CandidateRate">A share of requests, 0 to 1; null: there were none.</param>
/// <param name="SlowerThan">For latency, the edge in milliseconds that says most; the rates are of requests that were slower.</param>
/// <param name="Detectable">The new version's rate from which on it would have been seen; null: none would.</param>
public sealed record MetricEvidence(
    string Name, double LogWorse, double LogNotWorse, double? CandidateRate, double? BaselineRate, double? SlowerThan, double? Detectable)
{
    /// <summary>The e-value that it is worse; as large as a double can be when it is larger.</summary>
    public double Worse => Math.Min(double.MaxValue, Math.Exp(LogWorse));

    public double NotWorse => Math.Min(double.MaxValue, Math.Exp(LogNotWorse));
}

/// <param name="Reason">One sentence for people.</param>
/// <param name="LogWorse">ln of the largest combined e-value over the metrics.</param>
/// <param name="Inconclusive">Undecided, and the step has lasted as long as it may.</param>
/// <param name="Silence">With <see cref="Verdict.NoData"/>: whose.</param>
public sealed record Judgement(
    Verdict Verdict, string Reason, ValueList<MetricEvidence> Metrics, double LogWorse, bool Inconclusive, Silence Silence)
{
    public static Judgement Of(Verdict verdict, string reason) => new(verdict, reason, [], 0, false, Silence.None);

    /// <summary>Any may take the version back or keep it from going on; for that it goes on, all have to agree.</summary>
    /// <param name="judgements">At least one.</param>
    public static Judgement Together(ValueList<Judgement> judgements)
    {
        var telling = judgements.MinBy(Rank)!;
        return telling.Verdict != Verdict.NotWorse ? telling : telling with { Reason = string.Join(" ", judgements.Select(one => one.Reason)) };

        static int Rank(Judgement one) => one.Verdict switch
        {
            Verdict.Worse => 0,
            Verdict.Unreliable => 1,
            _ when one.Inconclusive => 2,
            Verdict.NoData => 3,
            Verdict.Undecided => 4,
            _ => 5,
        };
    }
}
