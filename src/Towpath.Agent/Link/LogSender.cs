using Google.Protobuf;
using Towpath.Agent.Logs;
using Towpath.Protocol.Agent;

namespace Towpath.Agent.Link;

/// <summary>
/// Sends one log from its spool. So many bytes may be on their way; the rest waits on the disk until the server has stored
/// some. What the server could not store, as it does not say so, is sent again after a while.
/// </summary>
internal sealed class LogSender(SpoolFile spool, TimeProvider time)
{
    private const int Batch = 256 * 1024;
    private const long Window = 2 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Queue<SpoolPlace> batches = new();
    private SpoolPlace sent = spool.Start;
    private SpoolPlace stored = spool.Start;
    private bool endSent;
    private long lastMoved;

    public SpoolFile Spool => spool;

    /// <summary>True when nothing more will be sent on this connection.</summary>
    public bool IsSent
    {
        get
        {
            lock (gate)
                return endSent;
        }
    }

    /// <summary>A new connection: what was not stored is sent again.</summary>
    public void Rewind()
    {
        lock (gate)
        {
            sent = stored;
            endSent = false;
            lastMoved = time.GetTimestamp();
            batches.Clear();
        }
    }

    /// <summary>Null when there is nothing to send now.</summary>
    public LogLines? Next()
    {
        lock (gate)
        {
            var nothingOnItsWay = sent == stored && !endSent;
            if (!nothingOnItsWay && time.GetElapsedTime(lastMoved) > Patience)
                Rewind();
            if (endSent || sent.Offset - stored.Offset >= Window)
                return null;
            // Asked first: lines that come in between are sent next time.
            var complete = spool.IsComplete;
            var (lines, next) = spool.Read(sent, Batch);
            var message = new LogLines { Log = spool.Owner.Command, First = sent.Line, Complete = complete && next.Line > spool.Lines };
            if (lines.Count == 0 && !message.Complete)
                return null;
            foreach (var line in lines)
            {
                message.Lines.Add(new LogLine
                {
                    At = line.At,
                    Channel = (uint)line.Channel,
                    Text = UnsafeByteOperations.UnsafeWrap(line.Text),
                });
            }
            if (nothingOnItsWay)
                lastMoved = time.GetTimestamp();
            sent = next;
            batches.Enqueue(next);
            endSent = message.Complete;
            return message;
        }
    }

    /// <returns>True when the server has the whole log.</returns>
    public bool Acknowledge(LogStored message)
    {
        lock (gate)
        {
            while (batches.TryPeek(out var batch) && batch.Line <= message.Next)
            {
                stored = batches.Dequeue();
                lastMoved = time.GetTimestamp();
            }
            // The server has more than this agent remembers having sent: it sent it before it was restarted.
            if (message.Next > sent.Line)
            {
                sent = stored = spool.Skip(sent, message.Next);
                batches.Clear();
            }
            return message.Complete && spool.IsComplete && message.Next > spool.Lines;
        }
    }
}
