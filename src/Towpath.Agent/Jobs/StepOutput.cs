using System.Buffers;
using System.Diagnostics;
using System.Text;
using Towpath.Agent.Logs;

namespace Towpath.Agent.Jobs;

/// <summary>
/// Carries a process's stdout and stderr into the log while it runs. A log that is slow slows the process down; nothing is gathered.
/// </summary>
internal sealed class StepOutput : IDisposable
{
    private const int BufferSize = 64 * 1024;
    // When every process of the step has ended, whoever still holds a pipe is none of its own; what is in the pipe comes at once.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    private readonly LogWriter log;
    private readonly CancellationTokenSource broken = new();
    private readonly CancellationTokenSource abandoned = new();
    private readonly Task<string?>[] readers;
    private byte[] firstError = [];
    private bool saidAnything;
    private long lastRead;

    public StepOutput(Process process, LogWriter log)
    {
        this.log = log;
        process.StandardInput.Close();
        readers =
        [
            ReadAsync(process.StandardOutput.BaseStream, LogChannel.Output),
            ReadAsync(process.StandardError.BaseStream, LogChannel.Error),
        ];
    }

    /// <summary>Canceled when the log cannot be written: then the step has to end.</summary>
    public CancellationToken Broken => broken.Token;

    /// <summary>What bubblewrap said when it did not get as far as the step; null when the step itself spoke.</summary>
    public string? SandboxProblem
    {
        get
        {
            var text = Encoding.UTF8.GetString(firstError);
            return !saidAnything && text.StartsWith("bwrap: ", StringComparison.Ordinal) ? text["bwrap: ".Length..].Trim() : null;
        }
    }

    /// <summary>After the processes ended: takes what is still in the pipes.</summary>
    /// <returns>Why the log could not be written; null when it could.</returns>
    public async Task<string?> FinishAsync()
    {
        var all = Task.WhenAll(readers);
        while (!all.IsCompleted)
        {
            var seen = Interlocked.Read(ref lastRead);
            await Task.WhenAny(all, Task.Delay(Silence));
            if (!all.IsCompleted && Interlocked.Read(ref lastRead) == seen)
                await abandoned.CancelAsync();
        }
        log.EndLines();
        return (await all).FirstOrDefault(problem => problem is not null);
    }

    public void Dispose()
    {
        broken.Dispose();
        abandoned.Dispose();
    }

    private async Task<string?> ReadAsync(Stream stream, LogChannel channel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await stream.ReadAsync(buffer.AsMemory(0, BufferSize), abandoned.Token) is > 0 and var read)
            {
                Interlocked.Add(ref lastRead, read);
                Notice(channel, buffer.AsSpan(0, read));
                log.Write(channel, buffer.AsSpan(0, read));
            }
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (IOException problem)
        {
            await broken.CancelAsync();
            return problem.Message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Notice(LogChannel channel, ReadOnlySpan<byte> bytes)
    {
        if (channel == LogChannel.Output)
            saidAnything = true;
        else if (firstError.Length == 0)
            firstError = bytes[..Math.Min(bytes.Length, 500)].ToArray();
    }
}
