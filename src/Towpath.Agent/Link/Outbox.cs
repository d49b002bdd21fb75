using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Protocol.Agent;

namespace Towpath.Agent.Link;

/// <summary>
/// Everything that waits for the server. Logs and answers are kept until they are stored there, progress and figures may be lost. An
/// answer never overtakes its command's log.
/// </summary>
internal sealed class Outbox
{
    private const int MostProgress = 2000;
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(5);

    private readonly SpoolFolder spools;
    private readonly AnswerFolder answers;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, LogSender> logs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> sentAnswers = new(StringComparer.Ordinal);
    private readonly Channel<Progress> progress = Channel.CreateBounded<Progress>(
        new BoundedChannelOptions(MostProgress) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private HealthReport? health;
    private TaskCompletionSource hurry = NewHurry();

    public Outbox(SpoolFolder spools, AnswerFolder answers, TimeProvider time)
    {
        this.time = time;
        this.spools = spools;
        this.answers = answers;
        spools.Grew += Ring;
    }

    /// <summary>Says that there may be something to send.</summary>
    public void Ring() => bell.Writer.TryWrite(true);

    /// <summary>The same, and it should not wait for more to come: a command is done, and its slot is free.</summary>
    public void Hurry()
    {
        Volatile.Read(ref hurry).TrySetResult();
        Ring();
    }

    public async Task WaitAsync(CancellationToken cancel) => await bell.Reader.ReadAsync(cancel);

    /// <summary>Lets a little more come together after something was sent: each message costs both ends more than what is in it.</summary>
    public async Task GatherAsync(CancellationToken cancel)
    {
        await hurry.Task.WaitAsync(GatherTime, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (hurry.Task.IsCompleted)
            Volatile.Write(ref hurry, NewHurry());
        cancel.ThrowIfCancellationRequested();
    }

    public void Say(string command, AgentProgress moved)
    {
        progress.Writer.TryWrite(new Progress { CommandId = command, Payload = JsonSerializer.Serialize(moved, CoreJson.Options) });
        Ring();
    }

    /// <summary>Takes the place of one that was not sent: nobody asks for old figures.</summary>
    public void Tell(HealthReport report)
    {
        if (report is { Environments.Count: 0, Hosted.Count: 0 })
            return;
        Interlocked.Exchange(ref health, report);
        Ring();
    }

    /// <summary>Keeps an answer for the server; when its log is whole, <see cref="Hurry"/>.</summary>
    /// <exception cref="IOException">It is not on the disk, and will be sent all the same.</exception>
    public void Answer(string command, string payload)
    {
        sentAnswers.TryRemove(command, out _);
        answers.Add(command, payload);
    }

    /// <returns>False when the command was never answered, as far as is remembered.</returns>
    public bool AnswerAgain(string command)
    {
        if (!answers.Repeat(command))
            return false;
        sentAnswers.TryRemove(command, out _);
        Ring();
        return true;
    }

    /// <summary>A new connection: what was not stored is sent again.</summary>
    public void Rewind()
    {
        sentAnswers.Clear();
        foreach (var log in logs.Values)
            log.Rewind();
        Ring();
    }

    /// <summary>What can be sent now: progress, then logs in turns, then the answers whose logs are sent.</summary>
    public IEnumerable<FromAgent> Take()
    {
        while (progress.Reader.TryRead(out var moved))
            yield return new FromAgent { Progress = moved };
        if (Interlocked.Exchange(ref health, null) is { } report)
            yield return new FromAgent { Health = report };
        var waiting = answers.Waiting;
        foreach (var spool in spools.All)
        {
            if (SenderOf(spool).Next() is { } lines)
                yield return new FromAgent { Log = lines };
        }
        foreach (var (command, payload) in waiting)
        {
            if (sentAnswers.ContainsKey(command) || !LogIsSent(command))
                continue;
            sentAnswers[command] = true;
            yield return new FromAgent { Answer = new Answer { CommandId = command, Payload = payload } };
        }
    }

    /// <summary>Waits until the server has every answer, but no longer than this.</summary>
    public async Task IsAnsweredAsync(TimeSpan limit, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        while (answers.Waiting.Count > 0 && time.GetElapsedTime(begun) < limit)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
    }

    public void Stored(LogStored message)
    {
        if (spools.Find(message.Log) is not { } spool)
            return;
        if (SenderOf(spool).Acknowledge(message))
        {
            spools.Forget(spool);
            logs.TryRemove(message.Log, out _);
        }
        Ring();
    }

    private static TaskCompletionSource NewHurry() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool LogIsSent(string command) => spools.Find(command) is not { } spool || SenderOf(spool).IsSent;

    private LogSender SenderOf(SpoolFile spool)
    {
        var sender = logs.GetOrAdd(spool.Owner.Command, static (_, about) => new LogSender(about.spool, about.time), (spool, time));
        // The log was begun anew: an older one of the same name was complete.
        if (sender.Spool != spool)
            sender = logs[spool.Owner.Command] = new LogSender(spool, time);
        return sender;
    }
}
