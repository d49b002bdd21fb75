using System.Collections.Concurrent;
using System.Diagnostics;

namespace Towpath.Agent.Jobs;

/// <summary>
/// The one thread that starts processes. A process that asks to die with its parent dies with the thread that made it,
/// so that thread must not be one of the pool's.
/// </summary>
internal static class SpawnThread
{
    private static readonly BlockingCollection<(Process Process, TaskCompletionSource Done)> Waiting = [];

    static SpawnThread() => new Thread(Run) { IsBackground = true, Name = "spawn" }.Start();

    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static void Start(Process process) => StartAsync(process).GetAwaiter().GetResult();

    /// <inheritdoc cref="Start"/>
    public static Task StartAsync(Process process)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Waiting.Add((process, done));
        return done.Task;
    }

    private static void Run()
    {
        foreach (var (process, done) in Waiting.GetConsumingEnumerable())
        {
            try
            {
                process.Start();
                done.SetResult();
            }
            catch (Exception problem)
            {
                done.SetException(problem);
            }
        }
    }
}
