using Towpath.Core.Environments;

namespace Towpath.Engine.Retention;

/// <summary>
/// Which runs an environment may still need: what was live and can be gone back to, what is on its way, what waits, and what
/// waited too long under a hold and is offered afresh when that is lifted. Whoever makes a run needed again holds the gate
/// meanwhile, so that it is not given up between the look and the word.
/// </summary>
public sealed class RunsInUse : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);

    public async Task<T> WhileHeldAsync<T>(Func<Task<T>> work)
    {
        await gate.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            gate.Release();
        }
    }

    public static IEnumerable<int> Of(EnvironmentState environment) =>
        environment.Versions.Select(version => version.Candidate.Run)
            .Concat(environment.Deployments.Where(deployment => !deployment.IsOver).Select(deployment => deployment.Candidate.Run))
            .Concat(environment.HandOvers.Select(news => news.Candidate.Run))
            // Also when something newer makes it pointless now: that may still fail before the hold is lifted.
            .Concat(DeploymentQueue.Late(environment) is { } late ? [late.Candidate.Run] : []);

    public void Dispose() => gate.Dispose();
}
