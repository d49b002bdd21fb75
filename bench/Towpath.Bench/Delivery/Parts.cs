using Towpath.Bench.Machine;

namespace Towpath.Bench.Delivery;

/// <summary>Server, agent and router of a data folder, each by itself: nobody starts again what is killed.</summary>
internal sealed class Parts : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    private readonly TowpathProgram program;
    private readonly string data;
    private readonly int port = TowpathProgram.FreePort();
    private readonly List<Child> children = [];
    private Child? server;

    private Parts(TowpathProgram program, string data) => (this.program, this.data) = (program, data);

    public string Data => data;

    public static async Task<Parts> StartAsync(TowpathProgram program, string data, CancellationToken cancel)
    {
        var parts = new Parts(program, data);
        try
        {
            parts.children.Add(program.Start("router", data));
            await parts.StartServerAsync(cancel);
            var agent = program.Start("agent", data);
            parts.children.Add(agent);
            await TowpathProgram.AgentIsThereAsync(agent, data, cancel);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(StartsWithin);
            while (!File.Exists(Path.Combine(data, "router", "router.sock")))
                await Task.Delay(20, limit.Token);
            return parts;
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when it answers.</summary>
    public async Task StartServerAsync(CancellationToken cancel)
    {
        server = program.Start("server", data, "--listen", TowpathProgram.Local(port));
        children.Add(server);
        using var first = new FirstAnswer();
        await first.OfAsync(server, port, cancel);
    }

    public Task KillServerAsync() => server!.KillAsync();

    /// <summary>What a command says.</summary>
    public Task<string> SayAsync(IEnumerable<string> words, CancellationToken cancel) =>
        Shell.RunAsync(program.File, [.. words, "--data", data], cancel: cancel);

    /// <summary>Ends the apps as well.</summary>
    public async ValueTask DisposeAsync()
    {
        await program.DownAsync(data);
        foreach (var child in children)
            await child.DisposeAsync();
    }
}
