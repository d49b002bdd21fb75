using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Towpath.Bench.Machine;

/// <summary>A process that runs as long as the measurement needs it.</summary>
internal sealed partial class Child : IAsyncDisposable
{
    private const int LinesKept = 20;
    private const int Terminate = 15;
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly Queue<string> lastWords = [];
    private readonly TaskCompletionSource<string> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Child(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, said) => Hear(said.Data);
        process.ErrorDataReceived += (_, said) => Hear(said.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"{start.FileName} ended early:\n{LastWords}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Pid => process.Id;

    public bool HasEnded => process.HasExited;

    public string LastWords
    {
        get
        {
            lock (lastWords)
                return string.Join('\n', lastWords);
        }
    }

    public static Child Start(string program, params IEnumerable<string> arguments) => new(new ProcessStartInfo(program, arguments));

    /// <summary>This program with another verb, once it is ready.</summary>
    /// <returns>The child, and what it said with <see cref="OwnVerb.Ready"/>.</returns>
    public static async Task<(Child Child, string Address)> StartOwnAsync(
        string verb, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [verb, .. arguments]);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var child = new Child(start);
        try
        {
            return (child, await child.ready.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>As a loss of power would: nothing of it can do anything any more when this returns.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            _ = Kill(process.Id, Terminate);
            try
            {
                using var limit = new CancellationTokenSource(EndsWithin);
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        if (line.StartsWith(OwnVerb.ReadyMark, StringComparison.Ordinal))
            ready.TrySetResult(line[OwnVerb.ReadyMark.Length..]);
        lock (lastWords)
        {
            lastWords.Enqueue(line);
            while (lastWords.Count > LinesKept)
                lastWords.Dequeue();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
