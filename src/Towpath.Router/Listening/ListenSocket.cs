using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Towpath.Router.Listening;

/// <summary>The socket under a listener, bound before anything else is done so that a port in use disturbs nothing.</summary>
internal static class ListenSocket
{
    public const int Backlog = 1024;

    /// <summary>
    /// A socket that already listens: the system queues connections until a listener takes them. Without one, the problem
    /// is a sentence for people.
    /// </summary>
    public static (Socket? Socket, string Problem) Bind(IPEndPoint address)
    {
        Socket? socket = null;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
            socket.Listen(Backlog);
            return (socket, "");
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            return (null, Explain(address, e));
        }
    }

    private static string Explain(IPEndPoint address, SocketException failure)
    {
        switch (failure.SocketErrorCode)
        {
            case SocketError.AddressAlreadyInUse:
                var owner = PortOwner.Find(address.Port);
                var by = owner is { } pid ? PortOwner.Describe(pid) : "another program";
                return $"Port {address.Port} on {address.Address} is in use by {by}: stop that program or choose another port.";
            case SocketError.AccessDenied:
                return $"Port {address.Port} on {address.Address} may not be opened by this user: choose a port from 1024 on.";
            case SocketError.AddressNotAvailable:
                return $"This machine has no address {address.Address}: listen on one of its own, or on 0.0.0.0 for all of them.";
            default:
                return $"Cannot listen on {address}: {failure.Message}.";
        }
    }
}
