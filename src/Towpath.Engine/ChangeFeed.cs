using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Towpath.Core;

namespace Towpath.Engine;

/// <summary>Who wants to know that something changed: pages, waiting commands, pushes that wait for the whole journey.</summary>
public sealed class ChangeFeed
{
    /// <summary>Changes kept for a slow listener; older ones are dropped, as it reads the newest state anyway.</summary>
    private const int BacklogAtMost = 1024;

    private readonly ConcurrentDictionary<Guid, (string Prefix, Channel<StreamId> Channel)> listeners = [];

    /// <summary>Every stream at or below the prefix that changes from now on: <c>shop</c> hears of <c>shop/runs/7</c>, not of <c>shop2</c>; the empty prefix hears everything.</summary>
    /// <remarks>Listening starts when this is called, not when the first item is asked for: ask for the state after it.</remarks>
    public IAsyncEnumerable<StreamId> Listen(string prefix, CancellationToken cancel)
    {
        var id = Guid.NewGuid();
        var channel = Channel.CreateBounded<StreamId>(new BoundedChannelOptions(BacklogAtMost) { FullMode = BoundedChannelFullMode.DropOldest });
        listeners[id] = (prefix, channel);
        // Also for a listener that goes away before it asks for the first item.
        cancel.Register(() => listeners.TryRemove(id, out _));
        return Read(id, channel, cancel);
    }

    internal void Announce(StreamId stream)
    {
        foreach (var (prefix, channel) in listeners.Values)
        {
            if (prefix.Length == 0 || stream.Text == prefix || (stream.Text.StartsWith(prefix, StringComparison.Ordinal) && stream.Text[prefix.Length] == '/'))
                channel.Writer.TryWrite(stream);
        }
    }

    private async IAsyncEnumerable<StreamId> Read(Guid id, Channel<StreamId> channel, [EnumeratorCancellation] CancellationToken cancel)
    {
        try
        {
            await foreach (var stream in channel.Reader.ReadAllAsync(cancel))
                yield return stream;
        }
        finally
        {
            listeners.TryRemove(id, out _);
        }
    }
}
