using Towpath.Core.Environments.Analysis;

namespace Towpath.Core.Environments;

/// <summary>How far a canary has come, and what was seen of it.</summary>
/// <param name="Step">Index into the rollout's steps.</param>
/// <param name="Bin">The measurement under way, counted over all steps from 1.</param>
/// <param name="Measured">Measurements of this step that told something, each for as many as its time has bins.</param>
/// <param name="Paused">Why it waits for a person; null: it does not.</param>
public sealed record CanaryState(int Step, int Bin, int Measured, string? Paused)
{
    private readonly GatheredEvidence evidence = new(Evidence.Begin(AnalysisSettings.For(0), LiveHistory.None));

    public Evidence Evidence
    {
        get => evidence.Value;
        init => evidence = new GatheredEvidence(value);
    }

    /// <summary>The journal's number of the event that it began with: its measurements come after it.</summary>
    public long Began { get; init; }

    /// <summary>One for each metric of the rollout, in its order.</summary>
    public ValueList<WatchedMetric> Metrics { get; init; } = [];

    private GatheredEvidence Gathered
    {
        init => evidence = value;
    }

    public CanaryState With(TrafficBin bin) => this with { Gathered = evidence.With(bin) };

    public bool Equals(CanaryState? other) =>
        other is not null && (Step, Bin, Measured, Paused, Began) == (other.Step, other.Bin, other.Measured, other.Paused, other.Began)
        && Metrics.Equals(other.Metrics) && Evidence.Equals(other.Evidence);

    public override int GetHashCode() => HashCode.Combine(Step, Bin, Measured, Paused);
}
