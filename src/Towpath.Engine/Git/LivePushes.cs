using System.Collections.Concurrent;

namespace Towpath.Engine.Git;

/// <summary>The pushes that this server is serving now.</summary>
public sealed class LivePushes
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> ends = [];

    /// <summary>The push is under way until the returned value is disposed, which is after its last process has ended.</summary>
    public IDisposable Begin(string pushId)
    {
        ends[pushId] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new Under(this, pushId);
    }

    /// <summary>Completes when the push has ended; at once for one that this server does not serve.</summary>
    public Task EndOf(string pushId) => ends.TryGetValue(pushId, out var end) ? end.Task : Task.CompletedTask;

    private void End(string pushId)
    {
        if (ends.TryRemove(pushId, out var end))
            end.SetResult();
    }

    private sealed class Under(LivePushes pushes, string pushId) : IDisposable
    {
        public void Dispose() => pushes.End(pushId);
    }
}
