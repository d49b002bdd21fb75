namespace Towpath.Agent.Apps;

/// <content>The end of releases that were replaced.</content>
internal sealed partial class HostedEnvironment
{
    private readonly Dictionary<string, Task> retiring = [];

    /// <summary>Stops a release that is no longer needed, unless it was taken back into use meanwhile.</summary>
    public Task RetireAsync(string name)
    {
        lock (retiring)
        {
            foreach (var ended in retiring.Where(pair => pair.Value.IsCompleted).Select(pair => pair.Key).ToList())
                retiring.Remove(ended);
            if (!retiring.TryGetValue(name, out var task))
                retiring[name] = task = Task.Run(() => EndRetiredAsync(name));
            return task;
        }
    }

    /// <summary>Waits for a stop of the release that is under way.</summary>
    public Task RetiredAsync(string name)
    {
        lock (retiring)
            return retiring.GetValueOrDefault(name) is { IsCompleted: false } task ? task : Task.CompletedTask;
    }

    /// <summary>Lets requests in flight end on a release that was replaced; when it is not kept warm, it then stops.</summary>
    public void DrainInBackground(string name)
    {
        if (State.Find(name) is not { Role: ReleaseRole.Warm } replaced)
            return;
        if (replaced.WarmUntil <= parts.Time.GetUtcNow())
            _ = RetireAsync(name);
        else
            _ = Task.Run(() => Quietly(DrainAsync(replaced, closing.Token)));
    }

    /// <summary>Ends one instance whose place was taken: first it gets no new request, then those it has end.</summary>
    public async Task LeaveAsync(Instance instance, CancellationToken cancel)
    {
        try
        {
            if (await ApplyRoutesAsync(cancel) is { } problem)
                Events.Note(problem);
        }
        catch (RouterUnreachableException down)
        {
            // Without a router nobody asks it.
            Events.Note(down.Message);
        }

        if (State.Find(instance.Key.Release) is { } release)
            await DrainAsync(release, cancel, instance.Key.Index);
        await StopAsync(instance);
    }

    private async Task EndRetiredAsync(string name)
    {
        try
        {
            var state = await ChangeAsync(state => state.Change(name, release =>
                release.Role == ReleaseRole.Warm ? release with { Role = ReleaseRole.Stopped, WarmUntil = null } : release));
            if (state.Find(name) is not { Role: ReleaseRole.Stopped } stopped)
                return;
            await DrainAsync(stopped, closing.Token);
            await StopAsync(InstancesOf(name));
            Events.Note($"{name} is no longer kept warm and was stopped");
            await PruneAsync();
        }
        catch (IOException failed)
        {
            Events.Note($"{name} could not be stopped: {failed.Message}");
        }
        catch (OperationCanceledException)
        {
            // The agent ends; the next one stops it.
        }
    }
}
