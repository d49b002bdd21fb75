using Towpath.Engine.Views;
using Towpath.Protocol.Agent;

namespace Towpath.Engine.Agents;

/// <summary>
/// What agents say of the instances that they run: for people, and for nothing else. Only in memory and only the newest, each agent's as a
/// whole; without it, everything goes on as before.
/// </summary>
public sealed class LiveInstances(TimeProvider time)
{
    /// <summary>When there are more, the one that was silent the longest is forgotten.</summary>
    public const int AgentsAtMost = 200;

    /// <summary>Of one environment.</summary>
    public const int InstancesAtMost = 200;

    /// <summary>Of one agent: what comes after them is passed over.</summary>
    public const int InstancesOfAgentAtMost = 5000;

    /// <summary>What an agent told is not shown for longer.</summary>
    public static readonly TimeSpan SilentAfter = LiveHealth.SilentAfter;

    private const int NameAtMost = 200;
    private const int ReasonAtMost = 300;
    private const long MemoryAtMost = 1L << 50;

    /// <summary>As they are listed.</summary>
    private static readonly string[] Roles = ["live", "candidate", "warm", "stopped"];

    private static readonly HashSet<string> States = ["starting", "healthy", "unhealthy", "restarting", "draining", "stopping", "ended"];

    private readonly Lock gate = new();
    private readonly Dictionary<string, Told> agents = new(StringComparer.Ordinal);

    /// <summary>Null: no agent has spoken of any.</summary>
    public InstancesView? Of(string project, string environment)
    {
        List<Told> known;
        lock (gate)
            known = [.. agents.Values.Where(agent => agent.Hosted.ContainsKey((project, environment)))];
        if (known.Count == 0)
            return null;
        // An environment that has moved to another machine is known to both for a while.
        var heard = known.Where(agent => time.GetElapsedTime(agent.At) <= SilentAfter).ToList();
        var hosted = heard.ConvertAll(agent => agent.Hosted[(project, environment)]);
        return new InstancesView(heard.Count == 0, [.. hosted.SelectMany(one => one.Instances).Take(InstancesAtMost)], hosted.Sum(one => one.Total));
    }

    internal void Take(string agent, HealthReport report)
    {
        if (agent.Length > NameAtMost)
            return;
        var told = new Told(time.GetTimestamp(), Read(report));
        lock (gate)
        {
            if (told.Hosted.Count == 0)
            {
                agents.Remove(agent);
                return;
            }

            if (!agents.ContainsKey(agent) && agents.Count >= AgentsAtMost)
                agents.Remove(agents.MinBy(known => known.Value.At).Key);
            agents[agent] = told;
        }
    }

    /// <summary>Only those that something runs in, or should.</summary>
    private Dictionary<(string Project, string Environment), Hosting> Read(HealthReport report)
    {
        var (hosted, left, now) = (new Dictionary<(string, string), Hosting>(), InstancesOfAgentAtMost, time.GetUtcNow());
        foreach (var place in report.Hosted.Where(place => IsName(place.Project) && IsName(place.Environment)))
        {
            List<InstanceView> instances =
            [
                .. place.Instances.Where(instance => IsName(instance.App) && instance.Index <= short.MaxValue)
                    .Take(left)
                    // When some have to be left out, it is those that are well.
                    .OrderBy(instance => place.Instances.Count > InstancesAtMost && instance.State == "healthy").Take(InstancesAtMost)
                    .OrderBy(instance => Array.IndexOf(Roles, instance.Role) is >= 0 and var at ? at : Roles.Length)
                    .ThenBy(instance => instance.App, StringComparer.Ordinal).ThenBy(instance => instance.Index)
                    .Select(instance => View(instance, now)),
            ];
            left -= instances.Count;
            if (instances.Count > 0)
                hosted[(place.Project, place.Environment)] = new(instances, (int)Math.Clamp(Math.Max(place.Total, (uint)place.Instances.Count), (uint)instances.Count, InstancesOfAgentAtMost));
        }

        return hosted;
    }

    private static InstanceView View(InstanceReport told, DateTimeOffset now) => new(
        $"{told.App}/{told.Index}",
        told.Run is > 0 and <= int.MaxValue ? (int)told.Run : null,
        Roles.Contains(told.Role) ? told.Role : "unknown",
        States.Contains(told.State) ? told.State : "unknown",
        Short(told.Reason, ReasonAtMost),
        Since(told.StartedAt, now),
        (int)Math.Min(told.Restarts, int.MaxValue),
        told.Memory is > 0 and <= MemoryAtMost ? told.Memory : null,
        told.Pid is > 0 and <= int.MaxValue ? (int)told.Pid : null,
        told.Port is > 0 and <= ushort.MaxValue ? (int)told.Port : null,
        Short(told.Release, NameAtMost));

    /// <summary>Clocks differ: nothing began after now.</summary>
    private static DateTimeOffset? Since(long microseconds, DateTimeOffset now)
    {
        var latest = (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        return microseconds <= 0 ? null : DateTimeOffset.UnixEpoch.AddTicks(Math.Min(microseconds, latest) * TimeSpan.TicksPerMicrosecond);
    }

    private static bool IsName(string text) => text.Length is > 0 and <= NameAtMost && !text.Any(char.IsControl);

    private static string Short(string text, int length)
    {
        var line = text.Length > length ? text[..length] + "…" : text;
        return line.Any(char.IsControl) ? string.Concat(line.Select(sign => char.IsControl(sign) ? ' ' : sign)) : line;
    }

    private sealed record Told(long At, Dictionary<(string Project, string Environment), Hosting> Hosted);

    /// <param name="Total">Those that are not told among them.</param>
    private sealed record Hosting(IReadOnlyList<InstanceView> Instances, int Total);
}
