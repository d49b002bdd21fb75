using System.Net;
using System.Net.Sockets;
using Towpath.Protocol.Failpoints;

namespace Towpath.Router.Replacement;

/// <summary>
/// The router that serves the folder now, seen from the one that replaces it: it hands over its listening sockets, so that
/// no connection that waits in one is lost, and goes once its last requests have ended.
/// </summary>
internal sealed class Predecessor : IDisposable
{
    private readonly Socket _connection;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Predecessor(Socket connection) => _connection = connection;

    /// <summary>By address; whoever takes one removes it, the others are closed with this.</summary>
    public Dictionary<IPEndPoint, Socket> Sockets { get; } = [];

    /// <summary>Ends when no request is carried by the other router any more.</summary>
    public Task Gone => _gone.Task;

    /// <summary>
    /// Null when nobody offers to be replaced. Until <see cref="TakeOver"/> the other router serves on, whatever happens here.
    /// </summary>
    /// <exception cref="IOException">It does not answer in time.</exception>
    public static Predecessor? TryReach(string offer)
    {
        if (!DescriptorMessage.IsSupported)
            return null;

        var connection = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            connection.Connect(new UnixDomainSocketEndPoint(offer));
        }
        catch (SocketException)
        {
            connection.Dispose();
            return null;
        }

        var predecessor = new Predecessor(connection);
        try
        {
            predecessor.ReceiveSockets();
            Failpoint.Cross("handover.asked");
            return predecessor;
        }
        catch
        {
            predecessor.Dispose();
            throw;
        }
    }

    /// <summary>Tells it to stop accepting. When this returns the folder is free to be taken.</summary>
    /// <exception cref="IOException">It does not answer in time.</exception>
    public void TakeOver()
    {
        DescriptorMessage.Send(_connection, HandoverOffer.Ready);
        var (answer, _) = DescriptorMessage.Receive(_connection);
        if (answer != HandoverOffer.Yours)
            throw new IOException("The other router did not hand over.");

        Failpoint.Cross("handover.taken");
        _ = WatchAsync();
    }

    public void Dispose()
    {
        foreach (var socket in Sockets.Values)
            socket.Dispose();
        _connection.Dispose();
    }

    private void ReceiveSockets()
    {
        _connection.ReceiveTimeout = HandoverOffer.AnswerWithin;
        while (true)
        {
            var (address, socket) = DescriptorMessage.Receive(_connection);
            if (address == HandoverOffer.End)
                return;
            if (socket is null || !IPEndPoint.TryParse(address, out var listen))
                throw new IOException("The other router broke off the handover.");

            Sockets[listen] = socket;
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            // It says nothing more: this ends with its process.
            await _connection.ReceiveAsync(new byte[1].AsMemory());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // As good as gone.
        }

        _gone.TrySetResult();
    }
}
