using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Towpath.Protocol.Failpoints;
using Towpath.Router.Routes;

namespace Towpath.Router.Replacement;

/// <summary>The standing offer of a running router to be replaced by a newer one.</summary>
internal static class HandoverOffer
{
    public const string End = "end";
    public const string Ready = "ready";
    public const string Yours = "yours";

    /// <summary>Milliseconds that either side waits for the other's next message.</summary>
    public const int AnswerWithin = 10_000;

    /// <summary>
    /// Ends with the connection to the successor once that one serves: this router has stopped accepting then, and the
    /// successor takes the end of the connection for the end of the last request here.
    /// </summary>
    /// <param name="letGo">Frees the folder for the successor.</param>
    public static async Task<Socket> MakeAsync(string path, RouteTable routes, Action letGo, ILogger log, CancellationToken stop)
    {
        while (true)
        {
            Socket successor;
            using (var offer = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified))
            {
                File.Delete(path);
                offer.Bind(new UnixDomainSocketEndPoint(path));
                offer.Listen(1);
                successor = await offer.AcceptAsync(stop);
            }

            // From here on the path belongs to the successor: closing the offer removed it.
            try
            {
                await Task.Run(() => HandOverAsync(successor, routes, letGo, stop), stop);
                return successor;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                successor.Dispose();
                log.LogWarning("A router that wanted to replace this one did not come up; this one serves on. {Cause}", e.Message);
            }
            catch
            {
                successor.Dispose();
                throw;
            }
        }
    }

    private static async Task HandOverAsync(Socket successor, RouteTable routes, Action letGo, CancellationToken stop)
    {
        successor.ReceiveTimeout = AnswerWithin;
        successor.SendTimeout = AnswerWithin;
        await routes.HandOverAsync(
            listeners =>
            {
                Failpoint.Cross("handover.giving");
                foreach (var (address, socket) in listeners)
                    DescriptorMessage.Send(successor, address.ToString(), socket);
                DescriptorMessage.Send(successor, End);

                if (DescriptorMessage.Receive(successor).Text != Ready)
                    throw new IOException("It ended before it was ready.");
            },
            stop);
        letGo();
        try
        {
            DescriptorMessage.Send(successor, Yours);
            Failpoint.Cross("handover.given");
        }
        catch (IOException e)
        {
            // Nothing is accepted here any more: a router that stayed would keep the ports and answer nobody.
            throw new RouterRefusedException("The router that took over ended at once, and this one had let go: start a router again.", e);
        }
    }
}
