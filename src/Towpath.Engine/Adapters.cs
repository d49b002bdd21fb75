using Microsoft.Extensions.Logging;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Runs;
using Towpath.Engine.Agents;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Packages;
using Towpath.Protocol.Failpoints;

namespace Towpath.Engine;

/// <summary>Hands each command to the one who carries it out.</summary>
public sealed class Adapters(AgentHub agents, PackageBuilder packages, Repositories repositories, PushResolution pushes, TimeProvider time, ILogger<Adapters> log) : IAdapters, IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Dictionary<string, CancellationTokenSource> underWay = new(StringComparer.Ordinal);

    /// <summary>Where answers go; set once, before the loop starts.</summary>
    public LoopRunner? Loop { get; set; }

    public void Begin(Command command)
    {
        switch (command)
        {
            case AgentCommand agent:
                agents.Begin(agent);
                break;
            case StorePackage store:
                InBackground(store, cancel => StoreAsync(store, cancel));
                break;
            case ResolvePush resolve:
                InBackground(resolve, cancel => pushes.SettleAsync(resolve, Loop!, cancel));
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    public void Cancel(string commandId)
    {
        agents.Cancel(commandId);
        lock (gate)
        {
            if (underWay.Remove(commandId, out var cancel))
                cancel.Cancel();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var cancel in underWay.Values)
                cancel.Cancel();
            underWay.Clear();
        }
    }

    /// <summary>Packages, and tells the run; again when the journal could not take the answer. The run's deadline ends the tries.</summary>
    private async Task StoreAsync(StorePackage store, CancellationToken cancel)
    {
        var built = await packages.BuildAsync(store, repositories.PathOf(store.Project), cancel);
        Failpoint.Cross("package.made");
        while (true)
        {
            try
            {
                await Loop!.AskAsync(StreamId.OfCommand(store.Id), new PackageAnswered(store.Id, built.Outcome, built.Package, built.Reason));
                return;
            }
            catch (JournalException e)
            {
                log.LogWarning(e, "The answer to {Command} could not be stored yet", store.Id);
                await Task.Delay(PauseAfterFailure, time, cancel);
            }
        }
    }

    private void InBackground(Command command, Func<CancellationToken, Task> work)
    {
        var cancel = new CancellationTokenSource();
        lock (gate)
        {
            if (!underWay.TryAdd(command.Id, cancel))
                return;
        }

        _ = Task.Run(async () =>
        {
            try
            {
                await work(cancel.Token);
            }
            catch (OperationCanceledException)
            {
                // Called off: nobody waits for an answer.
            }
            catch (Exception e)
            {
                log.LogError(e, "{Command} failed; it is begun again at the next start", command.Id);
            }
            finally
            {
                lock (gate)
                    underWay.Remove(command.Id);
            }
        });
    }
}
