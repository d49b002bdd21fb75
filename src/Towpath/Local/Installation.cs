using System.Net;
using Towpath.Client;

namespace Towpath.Local;

/// <summary>Server, agent and router of one machine, over one data folder.</summary>
internal sealed class Installation
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    private readonly string data;
    private readonly Supervised router;
    private readonly Supervised server;
    private readonly Supervised agent;
    private string listen;

    public Installation(string data, IPEndPoint listen, Action<string> say, params string[] serverOptions)
    {
        this.data = data;
        this.listen = listen.ToString();
        router = new Supervised(data, "router", () => [], say);
        server = new Supervised(data, "server", () => ["--listen", this.listen, .. serverOptions], say);
        agent = new Supervised(data, "agent", () => [], say);
    }

    /// <summary>Starts what does not run yet, and returns when all three are ready.</summary>
    /// <exception cref="ExitException">One of them does not come up; what was started here is ended.</exception>
    public async Task<Endpoint> StartAsync(CancellationToken cancel)
    {
        try
        {
            router.AdoptOrStart();
            server.AdoptOrStart();
            var endpoint = await ReadyAsync(server, AnswersAsync, cancel);
            // After a restart it has to be found where it was, also when its first port was any free one.
            listen = new Uri(endpoint.Url) is var uri ? $"{uri.Host}:{uri.Port}" : listen;
            agent.AdoptOrStart();
            await ReadyAsync(router, () => Task.FromResult(File.Exists(Path.Combine(data, "router", "router.sock")) ? "" : null), cancel);
            await ReadyAsync(agent, () => Task.FromResult(Slot.Holder(data, "agent") is not null ? "" : null), cancel);
            return endpoint;
        }
        catch
        {
            await EndAsync([agent, server, router], started: true);
            throw;
        }
    }

    /// <summary>Starts again what ends, until it is canceled.</summary>
    public async Task KeepAsync(CancellationToken cancel)
    {
        try
        {
            await Task.WhenAll(router.KeepAsync(cancel), server.KeepAsync(cancel), agent.KeepAsync(cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    /// <summary>Ends server and agent. Apps and router go on.</summary>
    public Task EndAsync() => EndAsync([agent, server], started: false);

    private static async Task EndAsync(Supervised[] processes, bool started)
    {
        foreach (var process in processes)
        {
            if (!started || process.IsOurs)
                await process.EndAsync(Grace);
        }
    }

    /// <summary>The endpoint, once the server that wrote it answers.</summary>
    private async Task<Endpoint?> AnswersAsync() =>
        Endpoint.Read(data) is { } endpoint && endpoint.Pid == server.Running!.Pid && await ServerClient.IsHealthyAsync(endpoint.Url)
            ? endpoint
            : null;

    private async Task<T> ReadyAsync<T>(Supervised process, Func<Task<T?>> look, CancellationToken cancel)
        where T : class
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await look() is { } ready)
                return ready;
            if (process.Running is not { IsAlive: true })
                throw ExitException.Refused($"the {process.Name} did not come up:\n{OwnProcess.LogTail(data, process.Name)}");
            if (TimeProvider.System.GetElapsedTime(started) > ReadyWithin)
            {
                throw ExitException.Refused(
                    $"the {process.Name} was not ready within {ReadyWithin.TotalSeconds:0} s; see {OwnProcess.LogFile(data, process.Name)}.");
            }

            await Task.Delay(Look, cancel);
        }
    }
}
