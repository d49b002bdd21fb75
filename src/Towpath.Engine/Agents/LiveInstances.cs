using Towpath.Engine.Views;
using Towpath.Protocol.Agent;

namespace Towpath.Engine.Agents;

/// <summary>
/// What agents say of the instances of environments: for people, as <see cref="LiveHealth"/>. Only in memory and only so much of it.
/// </summary>
public sealed class LiveInstances(TimeProvider time)
{
    /// <summary>Of one environment; more are left out.</summary>
    public const int InstancesAtMost = 500;

    private const int NameAtMost = 200;
    private static readonly TimeSpan AgeAtMost = TimeSpan.FromDays(10_000);

    private readonly Lock gate = new();
    private readonly Dictionary<(string Project, string Environment), Place> places = [];

    /// <summary>In the order in which the agent has them; null: nothing was heard of any for <see cref="LiveHealth.SilentAfter"/>.</summary>
    public IReadOnlyList<InstanceView>? Of(string project, string environment)
    {
        lock (gate)
        {
            return places.TryGetValue((project, environment), out var place) && time.GetElapsedTime(place.HeardAt) <= LiveHealth.SilentAfter
                ? place.Instances : null;
        }
    }

    internal void Take(HealthReport report)
    {
        // Whole seconds: two reports of one process would differ by their way here.
        var (heard, now) = (time.GetTimestamp(), DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()));
        var told = report.Instances.Where(IsSound).GroupBy(instance => (instance.Project, instance.Environment)).ToList();
        lock (gate)
        {
            foreach (var place in told)
            {
                if (places.Count >= LiveHealth.EnvironmentsAtMost && !places.ContainsKey(place.Key))
                    places.Remove(places.MinBy(known => known.Value.HeardAt).Key);
                places[place.Key] = new Place(heard, [.. place.Take(InstancesAtMost).Select(instance => View(instance, now))]);
            }
        }
    }

    private static bool IsSound(InstanceReport instance) =>
        instance.Project.Length <= NameAtMost && instance.Environment.Length <= NameAtMost && instance.App.Length <= NameAtMost
        && instance is { Index: <= int.MaxValue, Run: <= int.MaxValue, Restarts: <= int.MaxValue, Port: <= ushort.MaxValue, AgeMs: >= 0 }
        && instance.AgeMs <= AgeAtMost.TotalMilliseconds
        && Enum.IsDefined(instance.Role) && Enum.IsDefined(instance.Standing);

    private static InstanceView View(InstanceReport instance, DateTimeOffset now) => new(
        $"{instance.App}/{instance.Index}", (int)instance.Run, Word.Of(instance.Role), Word.Of(instance.Standing),
        now - TimeSpan.FromSeconds(instance.AgeMs / 1000), (int)instance.Restarts, instance.Port == 0 ? null : (int)instance.Port);

    private sealed record Place(long HeardAt, IReadOnlyList<InstanceView> Instances);
}
