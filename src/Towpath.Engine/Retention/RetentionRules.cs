namespace Towpath.Engine.Retention;

/// <summary>What is kept of runs that are over. What an environment may still need is kept in any case.</summary>
/// <param name="Runs">The newest of each project.</param>
/// <param name="Days">Since a run's end.</param>
public sealed record RetentionRules(int Runs = 100, int Days = 30)
{
    public TimeSpan For => TimeSpan.FromDays(Days);

    /// <summary>How long bytes are kept that nothing refers to yet: whoever uploaded them is about to.</summary>
    public TimeSpan Young { get; init; } = TimeSpan.FromHours(1);

    public override string ToString() => $"the newest {Runs} runs of a project and those of the last {Days} days are kept";
}

/// <summary>What a collection removed, or would remove.</summary>
/// <param name="Runs">Whose package and logs are not kept any more, from now on.</param>
/// <param name="Logs">Logs of runs and of deployments.</param>
/// <param name="Blobs">Stored parts of packages and outputs of jobs.</param>
/// <param name="Bytes">Of logs and blobs together.</param>
/// <param name="Notes">What was left for the next time, and why.</param>
public sealed record CollectionSummary(bool DryRun, DateTimeOffset At, int Runs, int Logs, int Blobs, long Bytes, IReadOnlyList<string> Notes);
