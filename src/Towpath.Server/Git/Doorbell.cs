using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Towpath.Protocol.Files;

namespace Towpath.Server.Git;

/// <summary>
/// One named pipe for all hooks, one thread that reads it: a hook writes <c>PUSH STAGE</c> in one piece, and what it has
/// to say lies in the push's folder.
/// </summary>
internal sealed class Doorbell : IDisposable
{
    private readonly ConcurrentDictionary<string, Action<string>> pushes = [];
    private readonly SafeFileHandle handle;
    private readonly Thread thread;
    private volatile bool stopped;

    public Doorbell(string path)
    {
        Path = path;
        Fifo.Create(path);
        handle = Fifo.OpenBoth(path);
        thread = new Thread(Read) { Name = "doorbell", IsBackground = true };
        thread.Start();
    }

    public string Path { get; }

    /// <param name="rung">Called with <c>pre</c> and <c>post</c>, on the bell's own thread: it must return at once.</param>
    public void Add(string pushId, Action<string> rung) => pushes[pushId] = rung;

    public void Remove(string pushId) => pushes.TryRemove(pushId, out _);

    public void Dispose()
    {
        if (stopped)
            return;
        stopped = true;
        using (var awake = new FileStream(Fifo.OpenWrite(Path), FileAccess.Write, bufferSize: 0))
            awake.Write("\n"u8);
        thread.Join();
        handle.Dispose();
        File.Delete(Path);
    }

    private void Read()
    {
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        using var lines = new StreamReader(stream);
        while (!stopped && lines.ReadLine() is { } line)
        {
            // A push of a server that died before this one rings in vain: its pipe has no other end any more.
            if (line.Split(' ') is [var id, var stage] && pushes.TryGetValue(id, out var rung))
                rung(stage);
        }
    }
}
