using System.Text;
using Towpath.Protocol.Processes;

namespace Towpath.Agent.Jobs;

/// <summary>
/// Everything that a step started, as seen from outside. In the sandbox these are the descendants of bubblewrap: whatever
/// loses its parent there falls to the sandbox's own first process. Without it they are the step's session and all that
/// carry its mark in their environment, with their children.
/// </summary>
internal sealed class ProcessTree
{
    /// <summary>Holds the command's id in every process of a step.</summary>
    public const string CommandVariable = "TOWPATH_COMMAND";

    /// <summary>Holds the data folder in every process of a step: agents on one machine do not end each other's.</summary>
    public const string OwnerVariable = "TOWPATH_STEP_OF";

    private const long TicksPerSecond = 100;

    /// <summary>More processes than any machine starts in 10 ms.</summary>
    private const long StartsPerTick = 1000;

    /// <summary>Somebody who has no environment at all must not keep a step from ending.</summary>
    private const int LooksAtMost = 10;

    /// <summary>The parent of the kernel's own threads.</summary>
    private const int KernelThreads = 2;

    private static readonly int ProcessIds = ProcessTable.Ids();
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(30);

    private readonly int main;
    private readonly bool sandboxed;
    private readonly byte[] mark;
    private readonly long oldest;
    private readonly TimeProvider time;
    private int sandboxInit;

    // False: somebody was just becoming another program, and may be one of these.
    private bool isSure;

    /// <param name="main">The process that was started; it may have ended already.</param>
    /// <param name="mark">A variable of its environment, <c>NAME=value</c>.</param>
    /// <param name="startedAt">A timestamp of the system's monotonic clock, in milliseconds, from before it was started.</param>
    public ProcessTree(int main, bool sandboxed, string mark, long startedAt, TimeProvider time)
    {
        this.main = main;
        this.sandboxed = sandboxed;
        this.mark = Encoding.UTF8.GetBytes(mark);
        this.time = time;
        // Processes older than this need not be looked into. (The kernel's clock also counts sleep: it is never behind this one.)
        oldest = (startedAt * TicksPerSecond / 1000) - 1;
    }

    /// <summary>Ends what an agent that was killed left behind.</summary>
    public static Task<bool> EndLeftoversAsync(string data, TimeSpan grace, TimeProvider time) =>
        new ProcessTree(0, sandboxed: false, $"{OwnerVariable}={data}", 0, time).EndAsync(grace);

    /// <summary>TERM to all; after the grace KILL, until none is left.</summary>
    /// <returns>False when some could not be ended: they hang in the kernel.</returns>
    public async Task<bool> EndAsync(TimeSpan grace)
    {
        var members = await SureMembersAsync();
        var begun = time.GetTimestamp();
        var asked = new HashSet<(int, long)>();
        var first = sandboxed ? FirstInSandbox(members) : null;
        // When the sandbox's first command ends, all others in it are killed at once. It waits until they had their time.
        if (first is { } held)
            Signals.Send(held.Id, Signals.Stop);
        while (members.Count > 0 && time.GetElapsedTime(begun) < grace)
        {
            foreach (var member in members)
            {
                if (asked.Add((member.Id, member.Started)))
                    Signals.Send(member.Id, Signals.Terminate);
            }
            if (first is { } waiting && (members.All(member => member.Id == waiting.Id) || time.GetElapsedTime(begun) > grace / 2))
            {
                Signals.Send(waiting.Id, Signals.Continue);
                first = null;
            }
            await Task.Delay(Pause, time);
            members = Members();
        }
        return await KillAsync(members);
    }

    private async Task<List<ProcessEntry>> SureMembersAsync()
    {
        var members = Members();
        for (var looks = 1; members.Count == 0 && !isSure && looks < LooksAtMost; looks++)
        {
            await Task.Delay(Pause, time);
            members = Members();
        }
        return members;
    }

    /// <param name="members">As they were just found: looking through all processes costs as much as a small step.</param>
    private async Task<bool> KillAsync(List<ProcessEntry> members)
    {
        var begun = time.GetTimestamp();
        for (; ; members = Members())
        {
            if (members.Count == 0 && !(sandboxed && IsAlive(main)))
                return true;
            if (time.GetElapsedTime(begun) > KillLimit)
                return false;
            if (sandboxed)
            {
                // The kernel ends a whole namespace with its first process.
                Signals.Send(main, Signals.Kill);
                if (sandboxInit > 1)
                    Signals.Send(sandboxInit, Signals.Kill);
            }
            foreach (var member in members)
                Signals.Send(member.Id, Signals.Kill);
            await Task.Delay(Pause, time);
        }
    }

    private bool IsAlive(int id) => ProcessTable.Find(id) is { IsZombie: false } entry && entry.Started >= oldest;

    private List<ProcessEntry> Members()
    {
        isSure = true;
        var all = ProcessTable.All(FirstId());
        var found = new HashSet<int>();
        if (sandboxed)
        {
            if (sandboxInit == 0)
                sandboxInit = all.Find(entry => entry.Parent == main && entry.Started >= oldest).Id;
            if (sandboxInit != 0)
                found.Add(sandboxInit);
        }
        else
        {
            foreach (var entry in all.Where(entry => entry.Id != Environment.ProcessId && entry.Started >= oldest && !entry.IsZombie))
            {
                if (main > 0 && entry.Session == main)
                    found.Add(entry.Id);
                else if (entry.Parent != KernelThreads)
                    Add(entry.Id, ProcessTable.HasVariable(entry.Id, mark));
            }
        }
        AddDescendants(all, found);
        found.Remove(sandboxInit);
        return all.FindAll(entry => found.Contains(entry.Id) && !entry.IsZombie && entry.Id > 1);

        void Add(int id, bool? hasMark)
        {
            if (hasMark == true)
                found.Add(id);
            isSure &= hasMark is not null;
        }
    }

    /// <summary>No member has a lower id than this. Looking into every process of the machine costs more than a small step.</summary>
    private int FirstId()
    {
        var ticks = Environment.TickCount64 * TicksPerSecond / 1000 - oldest;
        // Ids are given in turn. They began anew since when the newest is lower, or when there was time for a whole round.
        var isOneRound = ticks * StartsPerTick < ProcessIds && ProcessTable.NewestId() >= main;
        return isOneRound ? main : 0;
    }

    private static void AddDescendants(List<ProcessEntry> all, HashSet<int> found)
    {
        for (var before = -1; before < found.Count;)
        {
            before = found.Count;
            foreach (var entry in all)
            {
                if (found.Contains(entry.Parent))
                    found.Add(entry.Id);
            }
        }
    }

    private ProcessEntry? FirstInSandbox(List<ProcessEntry> members)
    {
        var children = members.FindAll(member => member.Parent == sandboxInit);
        return children.Count == 0 ? null : children.MinBy(member => (member.Started, member.Id));
    }
}
