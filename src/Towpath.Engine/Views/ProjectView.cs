using Towpath.Core.Commits;

namespace Towpath.Engine.Views;

/// <summary>A project as lists, pages and scripts see it.</summary>
/// <param name="DefaultBranch">Without <c>refs/heads/</c>; null before the first push.</param>
/// <param name="Branches">Branch to commit.</param>
/// <param name="Runs">The number of the newest run.</param>
public sealed record ProjectView(string Name, string? DefaultBranch, IReadOnlyDictionary<string, string> Branches, int Runs)
{
    /// <summary>Of the newest commit of the default branch.</summary>
    public IReadOnlyList<ScheduleView> Schedules { get; init; } = [];

    public static ProjectView Of(ProjectState state) => new(
        state.Name, Short(state.DefaultBranch), state.Refs.ToDictionary(pair => Short(pair.Key)!, pair => pair.Value), state.Requests.Count == 0 ? 0 : state.Requests[^1].Number)
    {
        Schedules = [.. state.Schedules.Select(each => new ScheduleView(each.Schedule.Cron, each.Schedule.Zone, each.Next, each.Problem))],
    };

    private static string? Short(string? reference) =>
        reference is not null && reference.StartsWith("refs/heads/", StringComparison.Ordinal) ? reference["refs/heads/".Length..] : reference;
}

/// <param name="Next">With the zone's offset; null when it cannot be told, or came when no run could be started.</param>
/// <param name="Problem">Why it is null; else empty.</param>
public sealed record ScheduleView(string Cron, string Zone, DateTimeOffset? Next, string Problem)
{
    /// <summary><c>0 3 * * * Europe/Amsterdam</c>.</summary>
    public string Name() => $"{Cron} {Zone}";
}
