using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Towpath.Protocol;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Router;

/// <summary>
/// The router as the process that people have: killed, told to end, replaced. A row of replacements needs processes: a
/// listening socket that comes back into a process that has closed it is registered there still, and is refused (EEXIST).
/// </summary>
public sealed class RouterProcessTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<Process> _started = [];
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _port = RunningRouter.FreePort();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Url => $"http://127.0.0.1:{_port}/";

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task After_a_kill_the_next_router_serves_the_same_routes()
    {
        await using var a = await TestApp.SayingAsync("a");
        var first = await StartAsync();
        await SetAsync(a.Address);

        first.Kill();
        await first.WaitForExitAsync(Cancellation);
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetStringAsync(Url, Cancellation));
        var second = await StartAsync();

        Assert.Equal("a", await _client.GetStringAsync(Url, Cancellation));
        Assert.Equal(second.Id, await PidAsync());
    }

    [Fact]
    public async Task Told_to_end_it_answers_its_last_request_and_ends_well()
    {
        var arrived = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var a = await TestApp.StartAsync(async context =>
        {
            arrived.SetResult();
            await finish.Task;
            await context.Response.WriteAsync("slow", Cancellation);
        });
        var router = await StartAsync();
        await SetAsync(a.Address);
        var slow = _client.GetStringAsync(Url, Cancellation);
        await arrived.Task;

        using (var kill = Process.Start("kill", ["-TERM", $"{router.Id}"]))
            await kill.WaitForExitAsync(Cancellation);
        await Eventually.That(
            async () =>
            {
                try
                {
                    using var probe = new System.Net.Sockets.TcpClient();
                    await probe.ConnectAsync("127.0.0.1", _port, Cancellation);
                    return false;
                }
                catch (System.Net.Sockets.SocketException)
                {
                    return true;
                }
            },
            "the port is closed");
        Assert.False(router.HasExited);
        finish.SetResult();

        Assert.Equal("slow", await slow);
        await router.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal(0, router.ExitCode);
    }

    [Fact]
    public async Task No_request_fails_while_a_router_replaces_another()
    {
        await using var a = await TestApp.SayingAsync("a");
        var router = await StartAsync();
        await SetAsync(a.Address);
        var done = false;
        var answered = 0;
        async Task LoadAsync(bool keepAlive)
        {
            while (!Volatile.Read(ref done))
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new StringContent("order") };
                request.Headers.ConnectionClose = !keepAlive;
                using var answer = await _client.SendAsync(request, Cancellation);
                Assert.Equal("a", await answer.Content.ReadAsStringAsync(Cancellation));
                Interlocked.Increment(ref answered);
            }
        }

        var load = Enumerable.Range(0, 6).Select(i => Task.Run(() => LoadAsync(i % 2 == 0), Cancellation)).ToArray();
        for (var i = 0; i < 3; i++)
        {
            var next = Start("--replace");
            await router.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            Assert.Equal(0, router.ExitCode);
            router = next;
            var before = Volatile.Read(ref answered);
            await Eventually.That(() => load.Any(l => l.IsFaulted) || Volatile.Read(ref answered) > before + 50, "the successor answers");
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(load);

        Assert.Equal(router.Id, await PidAsync());
    }

    [Fact]
    public async Task A_second_process_on_the_same_folder_is_refused()
    {
        await StartAsync();

        var second = Start();
        await second.WaitForExitAsync(Cancellation);

        Assert.Equal(3, second.ExitCode);
    }

    private Process Start(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "towpath.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, "router", "--data", _folder.Path, .. arguments]))!;
        _started.Add(process);
        return process;
    }

    private async Task<Process> StartAsync()
    {
        var process = Start();
        await Eventually.That(
            async () =>
            {
                Assert.False(process.HasExited, "the router ended at its start");
                try
                {
                    return await PidAsync() == process.Id;
                }
                catch (Grpc.Core.RpcException)
                {
                    return false;
                }
            },
            "the router answers",
            TimeSpan.FromSeconds(30));
        return process;
    }

    private async Task SetAsync(string address)
    {
        using var channel = Channel();
        var status = await new RouterControl.RouterControlClient(channel)
            .SetRouteAsync(RunningRouter.RouteTo(_port, address), cancellationToken: Cancellation);
        Assert.True(status.Listening, status.Problem);
    }

    private async Task<int> PidAsync()
    {
        using var channel = Channel();
        return (await new RouterControl.RouterControlClient(channel)
            .DescribeAsync(new DescribeRequest { Protocol = 1 }, cancellationToken: Cancellation)).Pid;
    }

    private Grpc.Net.Client.GrpcChannel Channel() => UnixChannel.Open(Path.Combine(_folder.Path, "router", "router.sock"));
}
