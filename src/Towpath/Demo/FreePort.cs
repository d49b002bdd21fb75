using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Towpath.Demo;

/// <summary>Ports that nobody listens on.</summary>
internal static class FreePort
{
    /// <summary>Below those of instances and of outgoing connections: one of them could take the port later.</summary>
    private const int First = 10_000;
    private const int End = 20_000;

    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(First, End);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }
}
