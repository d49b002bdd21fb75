using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;
using Towpath.Router;
using Towpath.Router.Replacement;

namespace Towpath.Tests.Router;

public sealed class ReplacementTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _port = RunningRouter.FreePort();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Url => $"http://127.0.0.1:{_port}/";

    private RouterSettings Successor => new(_folder.Path) { Replace = true };

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_router_whose_successor_does_not_come_up_serves_on()
    {
        await using var a = await TestApp.SayingAsync("a");
        await using var b = await TestApp.SayingAsync("b");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));
        var offer = Path.Combine(_folder.Path, "handover");
        await Eventually.That(() => File.Exists(offer), "the router offers to be replaced");

        using (var predecessor = Predecessor.TryReach(offer))
        {
            Assert.NotNull(predecessor);
            Assert.Equal(_port, Assert.Single(predecessor.Sockets).Key.Port);
        }

        await router.SetAsync(RunningRouter.RouteTo(_port, b.Address));
        Assert.Equal("b", await _client.GetStringAsync(Url, Cancellation));
        await Eventually.That(() => File.Exists(offer), "the router offers to be replaced again");
    }

    [Fact]
    public async Task Draining_waits_for_what_the_replaced_router_still_carries()
    {
        var arrived = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var old = await TestApp.StartAsync(async context =>
        {
            arrived.SetResult();
            await finish.Task;
            await context.Response.WriteAsync("slow", Cancellation);
        });
        await using var next = await TestApp.SayingAsync("next");
        await using var first = await RunningRouter.StartAsync(_folder);
        await first.SetAsync(RunningRouter.RouteTo(_port, old.Address));
        var slow = _client.GetStringAsync(Url, Cancellation);
        await arrived.Task;

        await using var second = await RunningRouter.StartAsync(Successor);
        await Eventually.That(() => SetOnceReplacedAsync(second, next.Address), "the successor takes routes");
        Assert.Equal("next", await _client.GetStringAsync(Url, Cancellation));
        var drain = new DrainRequest { Route = "shop/production/web", Destinations = { "at " + old.Address }, DeadlineMs = 100 };
        Assert.False((await second.Control.DrainAsync(drain, cancellationToken: Cancellation)).Drained);

        finish.SetResult();
        Assert.Equal("slow", await slow);
        drain.DeadlineMs = 30_000;
        Assert.True((await second.Control.DrainAsync(drain, cancellationToken: Cancellation)).Drained);
        await first.Ended;
    }

    [Fact]
    public async Task With_nobody_to_replace_it_simply_starts()
    {
        await using var router = await RunningRouter.StartAsync(Successor);

        Assert.Equal(2u, (await router.DescribeAsync()).Protocol);
    }

    private static async Task<bool> SetOnceReplacedAsync(RunningRouter router, string address)
    {
        try
        {
            var status = await router.SetAsync(RunningRouter.RouteTo(int.Parse(PortOf(await router.DescribeAsync()), null), address));
            return status.Listening;
        }
        catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.Unavailable)
        {
            return false;
        }
    }

    private static string PortOf(RouterDescription description) => description.Routes[0].Route.Listen.Split(':')[1];
}
