using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Towpath.Acceptance;

/// <summary>A static site that goes to staging and production: the smallest thing that can be deployed.</summary>
internal static class Site
{
    public static string Pipeline(
        int staging, int production, string steps = "grep -q Page public/index.html", string verify = "{ http: / }") => $$"""
        jobs:
          build:
            steps: ["{{steps}}"]
            outputs: { site: public/ }
        package: build.site
        app: { static: . }
        environments:
          staging: { listen: {{staging}}, verify: [{{verify}}] }
          production: { after: [staging], listen: {{production}} }
        """;

    /// <summary>A port that nobody listens on, below those of outgoing connections.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
            }
        }
    }

    public static async Task<string> PageAsync(int port)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), TestContext.Current.CancellationToken);
    }
}
