using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;

namespace Towpath.Engine.Agents;

/// <summary>Which agent works on what. Jobs go to any agent with a free slot, in the order they came; everything else to the environment's agent.</summary>
/// <remarks>What is assigned survives a reconnect: the agent is sent its commands again and goes on with those it has.</remarks>
public sealed class AgentHub(AgentLimits limits, TimeProvider time, ILogger<AgentHub> log) : IDisposable
{
    /// <summary>How long an agent may be silent or away before its jobs are taken for lost.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(30);

    /// <summary>The name of the agent on the server's own machine, where environments run that name none.</summary>
    public const string LocalAgent = "local";

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource over = new();
    private readonly Lock gate = new();
    private readonly Dictionary<string, Assignment> assignments = new(StringComparer.Ordinal);
    private readonly LinkedList<Assignment> jobQueue = [];
    private readonly Dictionary<string, ConnectedAgent> agents = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ITimer> absences = new(StringComparer.Ordinal);

    /// <summary>Where answers go; set once, before the first agent connects.</summary>
    public Func<StreamId, MachineInput, Task<string?>> Ask { get; set; } = (_, _) => Task.FromResult<string?>(null);

    /// <summary>Agents that are connected now.</summary>
    public IReadOnlyList<AgentView> Agents
    {
        get
        {
            lock (gate)
                return [.. agents.Values.Select(View)];
        }
    }

    /// <summary>The ids of the commands that an agent was given and has not answered.</summary>
    public IReadOnlyList<string> UnderWay(string name)
    {
        lock (gate)
            return [.. assignments.Values.Where(assignment => assignment.Agent == name).Select(assignment => assignment.Command.Id).Order(StringComparer.Ordinal)];
    }

    public void Begin(AgentCommand command)
    {
        lock (gate)
        {
            if (assignments.ContainsKey(command.Id))
                return;
            var assignment = new Assignment(command);
            assignments[command.Id] = assignment;
            if (command is RunJob { TakenBy: null })
                jobQueue.AddLast(assignment);
            else
                Assign(assignment, AgentOf(command));
            // The server was restarted: the agent that has the job comes back, or is lost like any other.
            if (command is RunJob { TakenBy: { } taker } && !agents.ContainsKey(taker) && !absences.ContainsKey(taker))
                Miss(taker);
            Dispatch();
        }
    }

    /// <summary>
    /// Sets how many jobs an agent does at once, from now on and after restarts. When it is raised, what waits starts; when it is lowered,
    /// what runs goes on, and nothing follows it until fewer run.
    /// </summary>
    /// <param name="jobs">From 1 to <see cref="AgentLimits.JobsAtMost"/>; null: as many as the agent says itself.</param>
    /// <returns>Null: no agent of that name is connected.</returns>
    /// <exception cref="IOException">It cannot be kept; what was still holds.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public AgentView? Limit(string name, int? jobs)
    {
        ConnectedAgent? agent;
        lock (gate)
        {
            if (!agents.TryGetValue(name, out agent))
                return null;
        }

        // On the disk, and nobody waits for that: commands go on meanwhile.
        limits.Set(name, jobs);
        lock (gate)
        {
            // It may have come again meanwhile.
            agent = agents.GetValueOrDefault(name, agent);
            agent.Limit(limits.Of(name));
            Dispatch();
            log.LogInformation("Agent '{Name}' does {Slots} jobs at once from now on", name, agent.Slots);
            return View(agent);
        }
    }

    public void Cancel(string commandId)
    {
        lock (gate)
        {
            if (!assignments.Remove(commandId, out var assignment))
                return;
            jobQueue.Remove(assignment);
            if (assignment.Agent is { } name && agents.TryGetValue(name, out var agent))
                agent.Cancel(commandId);
            // Its slot is free for the next one in the queue, and nothing else may come that would look there.
            Dispatch();
        }
    }

    /// <summary>An agent is there. One that was connected under the same name is replaced: its connection is dead or it was restarted.</summary>
    internal void Join(ConnectedAgent agent, IReadOnlyCollection<string> commands)
    {
        lock (gate)
        {
            if (agents.Remove(agent.Name, out var former))
                former.Close();
            if (absences.TryRemove(agent.Name, out var absence))
                absence.Dispose();
            agents[agent.Name] = agent;
            agent.Limit(limits.Of(agent.Name));
            foreach (var unwanted in commands.Where(id => !assignments.ContainsKey(id)))
                agent.Cancel(unwanted);
            foreach (var known in commands)
            {
                // After a restart of the server a job may be running on an agent while it still lies in the queue.
                if (assignments.TryGetValue(known, out var running) && running.Agent is null && jobQueue.Remove(running))
                    Assign(running, agent.Name);
            }

            foreach (var assigned in assignments.Values.Where(assignment => assignment.Agent == agent.Name))
                agent.Begin(assigned.Command);
            Dispatch();
            log.LogInformation("Agent '{Name}' is connected ({Slots} slots, {Sandbox})", agent.Name, agent.Slots, agent.Sandbox);
        }
    }

    internal void Leave(ConnectedAgent agent)
    {
        lock (gate)
        {
            if (agents.GetValueOrDefault(agent.Name) != agent)
                return;
            agents.Remove(agent.Name);
            log.LogWarning("Agent '{Name}' is gone; its jobs wait {Seconds} s for it", agent.Name, LostAfter.TotalSeconds);
            Miss(agent.Name);
        }
    }

    private void Miss(string name) => absences[name] = time.CreateTimer(_ => Lose(name), null, LostAfter, Timeout.InfiniteTimeSpan);

    /// <summary>Hands an answer in; returns when it is durable, so that the agent may forget it. One for a command that is not wanted any more is dropped.</summary>
    internal async Task TakeAsync(string commandId, AgentAnswer answer)
    {
        FreeSlot(commandId);
        while (true)
        {
            lock (gate)
            {
                if (!assignments.ContainsKey(commandId))
                    return;
            }

            try
            {
                await Ask(StreamId.OfCommand(commandId), Flow.Answer(commandId, answer));
                lock (gate)
                    assignments.Remove(commandId);
                return;
            }
            catch (JournalException e)
            {
                // On this connection the agent says it only once. The command's deadline ends the tries.
                log.LogWarning(e, "The answer to {Command} could not be stored yet", commandId);
                await Task.Delay(PauseAfterFailure, time, over.Token);
            }
        }
    }

    public void Dispose()
    {
        over.Cancel();
        foreach (var absence in absences.Values)
            absence.Dispose();
    }

    /// <summary>The work is done: the next job need not wait until the answer is on the disk.</summary>
    private void FreeSlot(string commandId)
    {
        lock (gate)
        {
            foreach (var agent in agents.Values)
                agent.Jobs.Remove(commandId);
            Dispatch();
        }
    }

    private void Lose(string name)
    {
        List<Assignment> lost;
        lock (gate)
        {
            if (agents.ContainsKey(name))
                return;
            lost = [.. assignments.Values.Where(assignment => assignment.Agent == name && assignment.Command is RunJob)];
        }

        foreach (var assignment in lost)
        {
            var answer = new JobEnded(
                Outcome.Errored, $"Agent '{name}' was lost: nothing was heard of it for {LostAfter.TotalSeconds:0} s.", ValueList<StepResult>.Empty, null,
                OrdinalMap<StoredOutput>.Empty);
            TakeAsync(assignment.Command.Id, answer).ContinueWith(
                failed => log.LogError(failed.Exception, "The loss of {Command} could not be recorded", assignment.Command.Id),
                CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private void Dispatch()
    {
        foreach (var agent in agents.Values.OrderBy(agent => agent.Jobs.Count))
        {
            while (agent.Jobs.Count < agent.Slots && jobQueue.First is { } first)
            {
                jobQueue.RemoveFirst();
                Assign(first.Value, agent.Name);
            }
        }
    }

    private void Assign(Assignment assignment, string name)
    {
        assignment.Agent = name;
        if (!agents.TryGetValue(name, out var agent))
            return;
        if (assignment.Command is RunJob)
            agent.Jobs.Add(assignment.Command.Id);
        agent.Begin(assignment.Command);
    }

    private AgentView View(ConnectedAgent agent) => new(agent.Name, agent.Version, agent.Sandbox, agent.Slots, agent.Jobs.Count, limits.Of(agent.Name)) { Own = agent.Own };

    private static string AgentOf(AgentCommand command) =>
        command switch
        {
            RunJob { TakenBy: { } taker } => taker,
            AskWebhook { Agent: { } agent } => agent,
            StageCommand { Plan.Definition.Agent: { } agent } => agent,
            _ => LocalAgent,
        };

    private sealed class Assignment(AgentCommand command)
    {
        public AgentCommand Command { get; } = command;

        public string? Agent { get; set; }
    }
}

/// <param name="Sandbox">How jobs are kept apart: <c>bubblewrap</c> or <c>process-group</c>.</param>
/// <param name="Slots">Jobs that it does at once.</param>
/// <param name="Busy">Jobs that it has; more than <paramref name="Slots"/> for a while after these were lowered.</param>
/// <param name="Limit">What somebody set the slots to; null: the agent says itself how many.</param>
public sealed record AgentView(string Name, string Version, string Sandbox, int Slots, int Busy, int? Limit = null)
{
    /// <summary>How many the agent says itself: so many slots it has when nobody sets a limit.</summary>
    public int Own { get; init; }
}
