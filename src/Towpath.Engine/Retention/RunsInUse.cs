using Towpath.Core.Environments;

namespace Towpath.Engine.Retention;

/// <summary>
/// Which runs an environment may still need: what was live and can be gone back to, what is on its way, what waits. Whoever
/// makes a run needed again holds the gate meanwhile, so that it is not given up between the look and the word.
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
            .Concat(environment.HandOvers.Select(news => news.Candidate.Run));

    public void Dispose() => gate.Dispose();
}
