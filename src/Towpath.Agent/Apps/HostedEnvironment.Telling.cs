using Told = Towpath.Protocol.Agent;

namespace Towpath.Agent.Apps;

/// <content>What runs, told to people.</content>
internal sealed partial class HostedEnvironment
{
    /// <summary>More of one environment are not told.</summary>
    internal const int ToldAtMost = 200;

    /// <summary>What runs here and what should. Only looks, and takes no turn: nothing that is done here waits for it.</summary>
    public Told.EnvironmentInstances TellInstances()
    {
        var (state, known) = (State, instances.Values.ToList());
        var (wanted, running) = (state.Wanted().ToHashSet(), known.Select(instance => instance.Key).ToHashSet());
        var told = new Told.EnvironmentInstances { Project = state.Project, Environment = state.Environment };
        // Between its end and its next start there is no instance of what runs again.
        var missing = wanted.Where(key => !running.Contains(key) && state.IsSupervised(key.Release));
        var all = known.Select(instance => ReportOf(state, instance, wanted.Contains(instance.Key)))
            .Concat(missing.Select(key => MissingOf(state, key))).ToList();
        told.Total = (uint)all.Count;
        told.Instances.AddRange(all.Count <= ToldAtMost ? all : all.OrderBy(instance => instance.State == "healthy").Take(ToldAtMost));
        return told;
    }

    private Told.InstanceReport ReportOf(HostedState state, Instance instance, bool isWanted)
    {
        var told = Named(state, instance.Key);
        (told.State, told.Reason) = (instance.Standing, instance.Unwell) switch
        {
            (InstanceStanding.Stopping, _) => ("stopping", ""),
            (InstanceStanding.Ended, var how) => ("ended", how ?? ""),
            (InstanceStanding.Healthy, _) when !isWanted => ("draining", ""),
            (_, { } unwell) => ("unhealthy", unwell),
            (InstanceStanding.Healthy, _) => ("healthy", ""),
            _ => ("starting", LastEndOf(instance.Key)),
        };
        if (instance.Standing == InstanceStanding.Ended)
            return told;
        told.StartedAt = (instance.StartedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        told.Pid = (uint)instance.Tree.Leader.Id;
        told.Port = (uint)(instance.Port ?? 0);
        told.Memory = ProcessTable.Memory(instance.Tree.Leader.Id);
        return told;
    }

    private Told.InstanceReport MissingOf(HostedState state, InstanceKey key)
    {
        var told = Named(state, key);
        (told.State, told.Reason) = (told.Restarts > 0 ? "restarting" : "starting", LastEndOf(key));
        return told;
    }

    private Told.InstanceReport Named(HostedState state, InstanceKey key)
    {
        var release = state.Find(key.Release);
        return new Told.InstanceReport
        {
            App = key.App,
            Index = (uint)key.Index,
            Release = key.Release,
            Run = (uint)(release?.Plan.Run ?? 0),
            Role = (release?.Role ?? ReleaseRole.Stopped).ToString().ToLowerInvariant(),
            Restarts = (uint)(restarts.GetValueOrDefault(key)?.Times ?? 0),
        };
    }

    private string LastEndOf(InstanceKey key) => restarts.GetValueOrDefault(key)?.Why ?? "";

    /// <summary>Where the name stands already, a sentence about it goes without.</summary>
    private static string Within(InstanceKey key, string sentence) =>
        sentence.StartsWith(key.Name + " ", StringComparison.Ordinal) ? sentence[(key.Name.Length + 1)..] : sentence;
}
