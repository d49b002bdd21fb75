using Towpath.Protocol.Processes;

namespace Towpath.Agent.Apps;

/// <summary>
/// An instance with everything that it started: its session, its descendants, and whatever left both but still carries
/// the mark in its environment (a double fork, nohup, setsid).
/// </summary>
/// <param name="Mark">The value of <see cref="MarkVariable"/>; unique to one instance of one agent's folder.</param>
internal sealed record InstanceTree(ProcessIdentity Leader, string Mark)
{
    public const string MarkVariable = "TOWPATH_INSTANCE";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Processes that do not end after KILL sit in the kernel (a dead network disk): waiting longer would not help.</summary>
    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The living ones.</summary>
    public IReadOnlyList<ProcessIdentity> Members()
    {
        var all = ProcessTable.All().Where(entry => !entry.IsZombie).ToList();
        var children = all.ToLookup(entry => entry.Parent);
        // A session's number is its leader's pid: without the leader it says nothing, and the mark alone counts.
        var leads = all.Any(entry => entry.Identity == Leader);
        var members = new HashSet<ProcessIdentity>();
        var found = new Stack<ProcessEntry>(all.Where(entry =>
            entry.Identity == Leader
            || (leads && entry.Session == Leader.Id)
            || ProcessTable.Variable(entry.Id, MarkVariable) == Mark));
        while (found.TryPop(out var entry))
        {
            if (!members.Add(entry.Identity))
                continue;
            foreach (var child in children[entry.Id])
                found.Push(child);
        }

        return [.. members];
    }

    /// <summary>TERM to all of them; after the timeout KILL, until nothing is left.</summary>
    /// <returns>True when KILL was necessary.</returns>
    public async Task<bool> EndAsync(TimeSpan stopTimeout, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        var told = new HashSet<ProcessIdentity>();
        while (time.GetElapsedTime(begun) < stopTimeout)
        {
            var members = Members();
            if (members.Count == 0)
                return false;
            foreach (var member in members.Where(told.Add))
                Signals.Send(member.Id, Signals.Terminate);
            while (members.Any(ProcessTable.IsAlive) && time.GetElapsedTime(begun) < stopTimeout)
                await Task.Delay(Poll, time);
        }

        return await KillAsync(time);
    }

    private async Task<bool> KillAsync(TimeProvider time)
    {
        var begun = time.GetTimestamp();
        var killed = false;
        while (Members() is { Count: > 0 } members && time.GetElapsedTime(begun) < KillDeadline)
        {
            killed = true;
            foreach (var member in members)
                Signals.Send(member.Id, Signals.Kill);
            await Task.Delay(Poll, time);
        }

        return killed;
    }
}
