using System.Collections.Concurrent;
using Towpath.Server.Logs;

namespace Towpath.Tests.Server;

/// <summary>Logs that a test writes line by line.</summary>
internal sealed class MemoryLogs
{
    private readonly ConcurrentDictionary<string, Log> logs = [];

    public LogAccess Access => new(Read, WaitAsync);

    public void Write(string log, string text, string channel = "stdout", DateTimeOffset? at = null) => logs.GetOrAdd(log, _ => new Log()).Write(text, channel, at ?? DateTimeOffset.UnixEpoch);

    public void Complete(string log) => logs.GetOrAdd(log, _ => new Log()).Complete();

    private LogPart? Read(string log, long from, int limit) => logs.TryGetValue(log, out var found) ? found.Read(from, limit) : null;

    private Task WaitAsync(string log, long from, CancellationToken cancel) => logs.GetOrAdd(log, _ => new Log()).WaitAsync(from, cancel);

    private sealed class Log
    {
        private readonly Lock gate = new();
        private readonly List<LogLine> lines = [];
        private TaskCompletionSource changed = New();
        private bool complete;

        public void Write(string text, string channel, DateTimeOffset at)
        {
            lock (gate)
            {
                lines.Add(new LogLine(lines.Count + 1, at, channel, text));
                Signal();
            }
        }

        public void Complete()
        {
            lock (gate)
            {
                complete = true;
                Signal();
            }
        }

        public LogPart Read(long from, int limit)
        {
            lock (gate)
            {
                var part = lines.Skip((int)from - 1).Take(limit).ToList();
                var next = from + part.Count;
                return new LogPart(part, next, complete && next > lines.Count);
            }
        }

        public Task WaitAsync(long from, CancellationToken cancel)
        {
            lock (gate)
                return complete || lines.Count >= from ? Task.CompletedTask : changed.Task.WaitAsync(cancel);
        }

        private void Signal()
        {
            changed.TrySetResult();
            changed = New();
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
