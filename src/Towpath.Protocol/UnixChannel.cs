using System.Net.Sockets;
using Grpc.Net.Client;

namespace Towpath.Protocol;

/// <summary>gRPC to a process of the same machine over the Unix socket that it listens on.</summary>
public static class UnixChannel
{
    /// <summary>
    /// Opens no connection yet: the first call does, and each later one connects again after the other process was
    /// restarted. A call on a socket where nobody listens ends with <see cref="Grpc.Core.StatusCode.Unavailable"/>.
    /// </summary>
    /// <param name="socketPath">At most 107 bytes: the system's limit for a Unix socket's path.</param>
    public static GrpcChannel Open(string socketPath)
    {
        var endPoint = new UnixDomainSocketEndPoint(socketPath);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            EnableMultipleHttp2Connections = true,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endPoint, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 16 * 1024 * 1024,
        });
    }
}
