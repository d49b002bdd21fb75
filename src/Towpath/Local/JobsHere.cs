using System.Collections.Concurrent;
using System.Text;
using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Runs;
using Towpath.Engine;

namespace Towpath.Local;

/// <summary>Carries out a run's jobs in a working tree: the agent's own code, in this process.</summary>
/// <param name="show">Gets a job's name and one line of its log.</param>
internal sealed class JobsHere(JobRunner runner, Workspace workspace, Action<string, LogChannel, string> show) : IAdapters, IDisposable
{
    private readonly ConcurrentDictionary<string, (CancellationTokenSource Cancel, Task Work)> under = [];

    /// <summary>One at a time: two jobs in one working tree would write over each other's files.</summary>
    private readonly SemaphoreSlim tree = new(1);

    /// <summary>Gets what becomes of the commands; set before the first one.</summary>
    public Action<StreamId, MachineInput> Answer { get; set; } = (_, _) => { };

    public void Begin(Command command)
    {
        if (command is not RunJob job)
            return;
        var cancel = new CancellationTokenSource();
        under[command.Id] = (cancel, Task.Run(() => RunAsync(job, cancel.Token), CancellationToken.None));
    }

    public void Cancel(string commandId)
    {
        if (under.TryGetValue(commandId, out var job))
            job.Cancel.Cancel();
    }

    /// <summary>Ends when no process of any job is left.</summary>
    public Task EndedAsync() => Task.WhenAll(under.Values.Select(job => job.Work));

    public void Dispose()
    {
        tree.Dispose();
        foreach (var job in under.Values)
            job.Cancel.Dispose();
    }

    private async Task RunAsync(RunJob job, CancellationToken cancel)
    {
        try
        {
            await tree.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            var stream = StreamId.OfCommand(job.Id);
            Answer(stream, new AttemptTaken(job.Id, "here"));
            await using var log = new LogWriter((_, _, channel, text) => show(job.Job.Name, channel, Encoding.UTF8.GetString(text)));
            var ended = await runner.RunAsync(
                job, _ => Task.FromResult(workspace), new Dictionary<string, string>(), log, _ => { }, cancel);
            Answer(stream, new AttemptAnswered(job.Id, ended));
        }
        finally
        {
            tree.Release();
        }
    }
}
