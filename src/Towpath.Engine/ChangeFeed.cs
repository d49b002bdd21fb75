using System.Collections.Concurrent;
using System.Threading.Channels;
using Towpath.Core;

namespace Towpath.Engine;

/// <summary>Who wants to know that something changed: pages, waiting commands, pushes that wait for the whole journey.</summary>
public sealed class ChangeFeed
{
    /// <summary>Changes kept for a slow listener; older ones are dropped, as it reads the newest state anyway.</summary>
    private const int BacklogAtMost = 1024;

    private readonly ConcurrentDictionary<Listener, bool> listeners = [];
    private readonly ConcurrentDictionary<string, long> versions = new(StringComparer.Ordinal);

    /// <summary>Every stream at or below the prefix that changes from now on: <c>shop</c> hears of <c>shop/runs/7</c>, not of <c>shop2</c>; the empty prefix hears everything.</summary>
    /// <remarks>Listening starts when this is called, not when the first item is asked for: ask for the state after it. It ends when the enumerator is disposed, also in the middle of a wait, or when it is cancelled.</remarks>
    public IAsyncEnumerable<StreamId> Listen(string prefix, CancellationToken cancel)
    {
        var listener = new Listener(this, prefix, cancel);
        listeners[listener] = true;
        return listener;
    }

    /// <summary>
    /// Another number after each change of the project or of something in it. Ask for it before the state: as long as it is the same, what
    /// was read then is as new as can be.
    /// </summary>
    public long Version(string project) => versions.GetValueOrDefault(project);

    internal void Announce(StreamId stream)
    {
        versions.AddOrUpdate(stream.Project, 1, (_, version) => version + 1);
        foreach (var listener in listeners.Keys)
            listener.Hear(stream);
    }

    private sealed class Listener : IAsyncEnumerable<StreamId>, IAsyncEnumerator<StreamId>
    {
        private readonly Channel<StreamId> channel = Channel.CreateBounded<StreamId>(
            new BoundedChannelOptions(BacklogAtMost) { FullMode = BoundedChannelFullMode.DropOldest });

        private readonly ChangeFeed feed;
        private readonly string prefix;
        private readonly CancellationToken cancel;
        private readonly CancellationTokenRegistration registration;

        public Listener(ChangeFeed feed, string prefix, CancellationToken cancel)
        {
            (this.feed, this.prefix, this.cancel) = (feed, prefix, cancel);
            // Also for a caller that never enumerates: its listener must not stay for ever.
            registration = cancel.Register(() => feed.listeners.TryRemove(this, out _));
        }

        public StreamId Current { get; private set; }

        public void Hear(StreamId stream)
        {
            if (prefix.Length == 0 || stream.Text == prefix || (stream.Text.StartsWith(prefix, StringComparison.Ordinal) && stream.Text[prefix.Length] == '/'))
                channel.Writer.TryWrite(stream);
        }

        public IAsyncEnumerator<StreamId> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public async ValueTask<bool> MoveNextAsync()
        {
            while (await channel.Reader.WaitToReadAsync(cancel))
            {
                if (!channel.Reader.TryRead(out var next))
                    continue;
                Current = next;
                return true;
            }

            return false;
        }

        public ValueTask DisposeAsync()
        {
            feed.listeners.TryRemove(this, out _);
            channel.Writer.TryComplete();
            return registration.DisposeAsync();
        }
    }
}
