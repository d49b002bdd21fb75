using System.Diagnostics;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Simulation.Storage;

namespace Towpath.Simulation.Outside;

/// <summary>
/// Agents and the server's list of who does what: idempotent on a command's id as the real ones are, and as unreliable
/// as the seed says. What the server knows of them dies with it; they themselves live on.
/// </summary>
internal sealed class SimulatedAgents
{
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(30);

    private readonly Random random;
    private readonly Agenda agenda;
    private readonly Func<Faults> faults;
    private readonly Marks marks;
    private readonly Post post;
    private readonly SimulatedWork work;
    private readonly Tamper tamper;
    private readonly Dictionary<string, (AgentCommand Command, SimulatedAgent Agent)> assigned = new(StringComparer.Ordinal);
    private readonly SimulatedAgent[] agents = [new("local"), new("east"), new("west")];

    public SimulatedAgents(Random random, Agenda agenda, Func<Faults> faults, Marks marks, SimulatedWork work, Post post, Tamper tamper)
    {
        (this.random, this.agenda, this.faults, this.marks, this.work, this.post, this.tamper) = (random, agenda, faults, marks, work, post, tamper);
    }

    /// <summary>Told of every command that really starts somewhere.</summary>
    public Action<AgentCommand>? Started { get; set; }

    /// <summary>Told of every command that has its answer, before the answer is on its way.</summary>
    public Action<string>? Answered { get; set; }

    public void Begin(AgentCommand command)
    {
        if (assigned.ContainsKey(command.Id))
            return;
        var agent = command is RunJob ? Free() : AgentOf(command);
        assigned[command.Id] = (command, agent);
        Send(agent, command);
    }

    public void Cancel(string commandId)
    {
        if (!assigned.Remove(commandId, out var called) || !called.Agent.IsThere)
            return;
        agenda.In(Within(2), () => Drop(called.Agent, commandId));
    }

    /// <summary>All connections break; the agents work on.</summary>
    public void ServerDied()
    {
        assigned.Clear();
        foreach (var agent in agents)
        {
            if (agent.Working.Count > 0)
                marks.Reach(Mark.AgentWorkedWhileTheServerWasDown);
        }
    }

    /// <summary>They come back one after the other, and may be gone again.</summary>
    public void ServerStarted()
    {
        foreach (var agent in agents)
        {
            if (!agent.IsThere)
                continue;
            agent.IsThere = false;
            Return(agent, Within(faults().AgentGoes > 0 ? 120 : 5));
        }
    }

    /// <summary>Somebody restarts all of them: what hung is begun anew.</summary>
    public void RestartAll()
    {
        foreach (var agent in agents)
            Die(agent, Within(30));
    }

    private void Send(SimulatedAgent agent, AgentCommand command)
    {
        if (agent.IsThere)
            agenda.In(Within(1), () => Receive(agent, command));
    }

    private void Receive(SimulatedAgent agent, AgentCommand command)
    {
        if (!agent.IsThere || !assigned.ContainsKey(command.Id) || agent.Working.ContainsKey(command.Id))
            return;
        if (agent.Answers.TryGetValue(command.Id, out var known))
            Tell(agent, command.Id, known);
        else if (Strikes(faults().AgentDies))
            Die(agent, Within(random.Next(4) == 0 ? 7200 : 60));
        else if (agent.Begun.ContainsKey(command.Id) && !tamper.AgentForgets && (command is RunJob || SimulatedTargets.IsOnce(command)))
            Answer(agent, command, SimulatedWork.Interrupted(command));
        else
            Start(agent, command);
        if (Strikes(faults().AgentGoes))
            Go(agent);
    }

    private void Start(SimulatedAgent agent, AgentCommand command)
    {
        agent.MakeRoomFor(command);
        agent.Working[command.Id] = command;
        agent.Begun[command.Id] = command;
        Started?.Invoke(command);
        if (command is RunJob)
            post(StreamId.OfCommand(command.Id), new AttemptTaken(command.Id, agent.Name), null);
        if (Strikes(faults().WorkHangs))
            return;
        var life = agent.Life;
        var time = command is MeasureTraffic measure ? measure.For + Within(5) : Within(command is RunJob ? 300 : 60);
        agenda.In(time, () =>
        {
            if (agent.Life == life && agent.Working.Remove(command.Id))
                Finish(agent, command);
        });
    }

    private void Finish(SimulatedAgent agent, AgentCommand command)
    {
        if (work.Do(command) is { } answer)
            Answer(agent, command, answer);
    }

    private void Answer(SimulatedAgent agent, AgentCommand command, MachineInput answer)
    {
        agent.Answers[command.Id] = answer;
        agent.Unconfirmed.Add(command.Id);
        Answered?.Invoke(command.Id);
        if (Strikes(faults().AnswerIsLate))
            agenda.In(Within(4 * 3600), () => Tell(agent, command.Id, answer));
        else
            Tell(agent, command.Id, answer);
        if (Strikes(faults().AnswerIsRepeated))
            agenda.In(Within(7200), () => Tell(agent, command.Id, answer));
    }

    /// <summary>As agents do: an answer that was not stored is given again, also after it came back.</summary>
    private void Tell(SimulatedAgent agent, string commandId, MachineInput answer)
    {
        if (!agent.IsThere)
            return;
        agenda.In(Within(1), () => post(StreamId.OfCommand(commandId), answer, refusal =>
        {
            if (refusal == SimulatedServer.NotStored)
                agenda.In(TimeSpan.FromSeconds(10), () => Tell(agent, commandId, answer));
            else
                agent.Unconfirmed.Remove(commandId);
        }));
    }

    private void Go(SimulatedAgent agent)
    {
        agent.IsThere = false;
        LoseWhatItDid(agent);
        Return(agent, Within(random.Next(3) == 0 ? 3600 : 25));
    }

    private void Die(SimulatedAgent agent, TimeSpan away)
    {
        foreach (var lost in agent.Die())
        {
            if (Strikes(faults().HalfDone))
                work.Interrupt(lost);
        }

        LoseWhatItDid(agent);
        Return(agent, away);
    }

    /// <summary>An agent that is silent for too long is taken for lost, and its jobs with it.</summary>
    private void LoseWhatItDid(SimulatedAgent agent)
    {
        var life = agent.Life;
        agenda.In(LostAfter, () =>
        {
            if (agent.IsThere || agent.Life != life)
                return;
            foreach (var job in assigned.Values.Where(one => one.Agent == agent && one.Command is RunJob).Select(one => one.Command).ToList())
            {
                marks.Reach(Mark.AgentLost);
                assigned.Remove(job.Id);
                post(StreamId.OfCommand(job.Id), SimulatedWork.Errored(job, $"Agent '{agent.Name}' was lost."), null);
            }
        });
    }

    private void Return(SimulatedAgent agent, TimeSpan after)
    {
        var life = agent.Life;
        agenda.In(after, () =>
        {
            if (agent.IsThere || agent.Life != life)
                return;
            agent.IsThere = true;
            Join(agent);
        });
    }

    /// <summary>It says what it has; the server says what it wants.</summary>
    private void Join(SimulatedAgent agent)
    {
        foreach (var unwanted in agent.Working.Keys.Where(id => !assigned.ContainsKey(id)).ToList())
            Drop(agent, unwanted);
        foreach (var id in agent.Unconfirmed.ToList())
        {
            marks.Reach(Mark.AgentReportsWhatItHad);
            Tell(agent, id, agent.Answers[id]);
        }

        foreach (var (command, _) in assigned.Values.Where(one => one.Agent == agent).ToList())
            Send(agent, command);
    }

    /// <summary>What is called off may have been finished before the agent heard of it, or have gone half of its way.</summary>
    private void Drop(SimulatedAgent agent, string commandId)
    {
        if (!agent.Working.Remove(commandId, out var command))
            return;
        if (Strikes(faults().HalfDone))
            work.Interrupt(command);
        if (random.Next(4) == 0)
            Answer(agent, command, SimulatedWork.Errored(command, "It was called off."));
    }

    private SimulatedAgent Free()
    {
        var first = random.Next(agents.Length);
        for (var i = 0; i < agents.Length; i++)
        {
            if (agents[(first + i) % agents.Length] is { IsThere: true } there)
                return there;
        }

        return agents[first];
    }

    private SimulatedAgent AgentOf(AgentCommand command)
    {
        var name = command switch
        {
            StageCommand { Plan.Definition.Agent: var agent } => agent,
            AskWebhook { Agent: var agent } => agent,
            _ => throw new UnreachableException(),
        };
        return name switch { "east" => agents[1], "west" => agents[2], _ => agents[0] };
    }

    private bool Strikes(double probability) => probability > 0 && random.NextDouble() < probability;

    private TimeSpan Within(int seconds) => TimeSpan.FromMilliseconds(random.Next(1, seconds * 1000));
}
