using System.Net;
using System.Net.Sockets;

namespace Towpath.Agent.Apps;

/// <summary>
/// Ports for instances. Below the range from which the kernel takes the ports of outgoing connections, so that a connection
/// of the router does not sit on the port between here and the moment the app listens. It stays a race: whoever asks checks
/// afterwards whose socket listens.
/// </summary>
internal static class FreePorts
{
    private const int RangeFile = 2;
    private const int Span = 10_000;
    private const int Tries = 200;

    /// <param name="taken">Given out already, though perhaps nobody listens yet.</param>
    /// <exception cref="IOException">No port is free.</exception>
    public static int Next(IReadOnlySet<int> taken)
    {
        var end = Math.Max(FirstOutgoing(), 20_000);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            // Not a secret; spread so that two agents of one machine seldom want the same one.
            var port = Random.Shared.Next(end - Span, end);
            if (!taken.Contains(port) && CanBind(port))
                return port;
        }

        throw new IOException($"None of {Tries} ports below {end} is free on 127.0.0.1.");
    }

    private static int FirstOutgoing()
    {
        try
        {
            var range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range")
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return range.Length == RangeFile ? int.Parse(range[0], null) : 32_768;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
        {
            return 32_768;
        }
    }

    private static bool CanBind(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
