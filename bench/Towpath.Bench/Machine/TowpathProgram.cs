using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Towpath.Bench.Machine;

/// <summary>The built command that is measured.</summary>
internal sealed record TowpathProgram(string File)
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    /// <summary>The release build beside this program's own.</summary>
    /// <exception cref="InvalidOperationException">It is not built.</exception>
    public static TowpathProgram Find(string? given)
    {
        var file = given ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Towpath/release/towpath"));
        return System.IO.File.Exists(file) ? new TowpathProgram(file) : throw new InvalidOperationException(
            $"There is no {file}: run 'dotnet build -c Release src/Towpath', or name another one with --towpath.");
    }

    public Child Start(string verb, string data, params IEnumerable<string> arguments)
    {
        Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Child.Start(File, [verb, "--data", data, .. arguments]);
    }

    /// <summary>Server, agent and router of a data folder, once they run.</summary>
    public async Task<Child> UpAsync(string data, CancellationToken cancel)
    {
        var up = Start("up", data, "--listen", "127.0.0.1:0");
        await AgentIsThereAsync(up, data, cancel);
        return up;
    }

    public async Task DownAsync(string data) => await Shell.RunAsync(File, ["down", "--data", data]);

    /// <summary>Waits until the server of a data folder answers and its agent runs; what is pushed from then on is carried out.</summary>
    public static async Task AgentIsThereAsync(Child child, string data, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartsWithin);
        while (!System.IO.File.Exists(Path.Combine(data, "endpoint.json")) || !System.IO.File.Exists(Path.Combine(data, "agent", "lock")))
        {
            if (child.HasEnded)
                throw new InvalidOperationException($"towpath ended early: {child.LastWords}");
            await Task.Delay(50, limit.Token);
        }
    }

    /// <summary>A port of this machine that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
}
