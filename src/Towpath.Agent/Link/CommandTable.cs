using System.Text.Json;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Failpoints;

namespace Towpath.Agent.Link;

/// <summary>Carries one command out. Ends with an answer in every case.</summary>
internal delegate Task<AgentAnswer> CarryOut(
    AgentCommand command,
    IReadOnlyDictionary<string, string> secrets,
    LogWriter log,
    Action<AgentProgress> progress,
    CancellationToken cancel);

/// <summary>Which commands are under way. Beginning one twice does nothing twice; each is answered once.</summary>
internal sealed class CommandTable : IDisposable
{
    public const string JobKind = "run-job";

    private const string MeasureKind = "measure-traffic";

    /// <summary>Asked again and again, for days: its answer says all that a log could.</summary>
    private const string WebhookKind = "ask-webhook";

    private readonly SpoolFolder spools;
    private readonly AnswerFolder answers;
    private readonly Outbox outbox;
    private readonly CarryOut carryOut;
    private readonly Action<string> say;
    private readonly TimeProvider time;
    private readonly Turns turns;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Running> running = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stopping = new();

    /// <param name="jobsAtOnce">Until the server says something else.</param>
    public CommandTable(
        SpoolFolder spools,
        AnswerFolder answers,
        Outbox outbox,
        CarryOut carryOut,
        string agent,
        int jobsAtOnce,
        Action<string> say,
        TimeProvider time)
    {
        this.spools = spools;
        this.answers = answers;
        this.outbox = outbox;
        this.carryOut = carryOut;
        this.say = say;
        this.time = time;
        turns = new(jobsAtOnce);
        AgentName = agent;
        AnswerForThoseThatDied();
    }

    public string AgentName { get; }

    /// <summary>Other commands than jobs do not wait.</summary>
    public int JobsAtOnce
    {
        get => turns.AtOnce;
        set => turns.AtOnce = value;
    }

    /// <summary>What is under way, and what was answered but is not stored.</summary>
    public IReadOnlyList<string> Open
    {
        get
        {
            lock (gate)
                return [.. running.Keys.Union(answers.Waiting.Select(answer => answer.Key), StringComparer.Ordinal)];
        }
    }

    public void Begin(Begin begin)
    {
        lock (gate)
        {
            if (stopping.IsCancellationRequested)
                return;
            if (running.TryGetValue(begin.CommandId, out var known))
            {
                // Whoever begins it again may not have heard: a run would wait in the queue while its job runs.
                if (known.Started)
                    outbox.Say(begin.CommandId, new WorkStarted(AgentName));
                return;
            }
            if (outbox.AnswerAgain(begin.CommandId))
                return;
            var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            running[begin.CommandId] = new(cancel, Task.Run(() => RunAsync(begin, cancel)));
        }
    }

    public void Cancel(string command)
    {
        lock (gate)
        {
            if (running.TryGetValue(command, out var wanted))
                _ = wanted.Cancel.CancelAsync();
            else
                // Nobody waits for the answer any more.
                AnswerStored(command);
        }
    }

    public void AnswerStored(string command) => answers.Stored(command);

    public void Dispose() => stopping.Dispose();

    /// <summary>Ends every command; returns when their processes are gone.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        Task[] tasks;
        lock (gate)
            tasks = [.. running.Values.Select(command => command.Task)];
        await Task.WhenAll(tasks);
    }

    private async Task RunAsync(Begin begin, CancellationTokenSource cancel)
    {
        // The one who begins holds the gate until the task is in the table.
        lock (gate)
        {
        }
        var isJob = begin.Kind == JobKind;
        LogWriter? log = null;
        AgentAnswer? answer;
        try
        {
            // Measurements come every few seconds, for hours: only those that say something have a log.
            var (owner, mask) = (new SpoolOwner(begin.CommandId, begin.Kind), new SecretMask(begin.Secrets.Values));
            log = begin.Kind == WebhookKind ? new LogWriter((_, _, _, _) => { })
                : begin.Kind == MeasureKind ? spools.OpenLogForWords(owner, mask, time)
                : spools.OpenLog(owner, mask, time);
            Failpoint.Cross("command.begun");
            answer = await CarryOutAsync(begin, log, isJob, cancel.Token);
            Failpoint.Cross("command.carried-out");
        }
        catch (Exception problem)
        {
            // A bug, or a full disk: the server must not wait for ever.
            say($"{begin.CommandId}: {problem}");
            answer = Errored(isJob, problem is IOException ? problem.Message : $"the agent failed: {problem.Message}");
        }
        // A job that was ended by the agent's own end does not run again. Other commands do: the server begins them anew.
        if (stopping.IsCancellationRequested && answer.Outcome != Outcome.Succeeded)
            answer = isJob ? WithReason(answer, "the agent was stopped while it ran") : null;
        if (answer is not null)
        {
            Keep(begin.CommandId, answer);
            if (log is not null)
                await log.DisposeAsync();
        }
        lock (gate)
        {
            running.Remove(begin.CommandId);
            cancel.Dispose();
        }
        outbox.Hurry();
    }

    private async Task<AgentAnswer> CarryOutAsync(Begin begin, LogWriter log, bool isJob, CancellationToken cancel)
    {
        if (Parse(begin) is not { } command)
            return Errored(
                isJob,
                $"agent '{AgentName}' does not understand the command '{begin.Kind}': install the server's version of Towpath there");
        if (isJob)
        {
            try
            {
                await turns.TakeAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                return Errored(isJob, "canceled");
            }
        }
        try
        {
            lock (gate)
                running[begin.CommandId].Started = true;
            outbox.Say(begin.CommandId, new WorkStarted(AgentName));
            return await carryOut(command, begin.Secrets, log, progress => outbox.Say(begin.CommandId, progress), cancel);
        }
        finally
        {
            if (isJob)
                turns.GiveBack();
        }
    }

    private void Keep(string command, AgentAnswer answer)
    {
        try
        {
            outbox.Answer(command, JsonSerializer.Serialize(answer, CoreJson.Options));
        }
        catch (IOException problem)
        {
            say($"{command}: the answer is not on the disk: {problem.Message}");
        }
    }

    // Their processes died with the agent that ran them, or were ended at this one's start.
    private void AnswerForThoseThatDied()
    {
        foreach (var spool in spools.All.Where(spool => !spool.IsComplete))
        {
            const string Reason = "the agent was restarted while it ran";
            // Answered, and killed before the log was ended: the answer would wait for the end of its log for ever.
            var isAnswered = answers.IsWaiting(spool.Owner.Command);
            if (!isAnswered && spool.Owner.Kind != JobKind)
                continue;
            if (!isAnswered)
            {
                SayLast(spools.OpenLog(spool.Owner, SecretMask.None, time), Reason);
                Keep(spool.Owner.Command, Errored(isJob: true, Reason));
            }
            spool.Complete();
        }
    }

    // A full disk has no room for the line; it must not keep the agent from starting, and the apps from being watched.
    private void SayLast(LogWriter log, string reason)
    {
        try
        {
            log.Say(reason);
        }
        catch (IOException full)
        {
            say($"a log could not be ended: {full.Message}");
        }
    }

    private static AgentCommand? Parse(Begin begin)
    {
        try
        {
            return JsonSerializer.Deserialize<AgentCommand>(begin.Payload, CoreJson.Options);
        }
        catch (Exception problem) when (problem is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private static AgentAnswer Errored(bool isJob, string reason) => isJob
        ? new JobEnded(Outcome.Errored, reason, [], null, OrdinalMap<StoredOutput>.Empty)
        : new StageEnded(Outcome.Errored, reason);

    private static AgentAnswer WithReason(AgentAnswer answer, string reason) => answer with { Outcome = Outcome.Errored, Reason = reason };

    private sealed record Running(CancellationTokenSource Cancel, Task Task)
    {
        /// <summary>It has its slot. Under the gate.</summary>
        public bool Started { get; set; }
    }
}
