using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Towpath.Protocol;
using Towpath.Protocol.Router;
using Towpath.Router;
using Towpath.Router.Listening;

namespace Towpath.Tests.Router;

public sealed class RouteTableTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly int _port = RunningRouter.FreePort();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Url => $"http://127.0.0.1:{_port}/";

    private string RouteFile => Path.Combine(_folder.Path, "routes.json");

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Routes_are_there_again_after_a_restart_with_nobody_to_set_them()
    {
        await using var a = await TestApp.SayingAsync("a");
        var route = RunningRouter.RouteTo(_port, a.Address);
        await using (var first = await RunningRouter.StartAsync(_folder))
        {
            await first.SetAsync(route);
        }

        await using var second = await RunningRouter.StartAsync(_folder);

        Assert.Equal("a", await _client.GetStringAsync(Url, Cancellation));
        var status = Assert.Single((await second.DescribeAsync()).Routes);
        Assert.Equal(route, status.Route);
        Assert.True(status.Listening);
    }

    [Fact]
    public async Task A_damaged_file_is_kept_aside_and_the_router_starts_empty()
    {
        await File.WriteAllTextAsync(RouteFile, """{"version": 1, "routes": [{"id": "shop""", Cancellation);

        await using var router = await RunningRouter.StartAsync(_folder);

        Assert.Empty((await router.DescribeAsync()).Routes);
        var kept = Assert.Single(Directory.GetFiles(_folder.Path, "routes.json.damaged-*"));
        Assert.Contains("\"shop", await File.ReadAllTextAsync(kept, Cancellation), StringComparison.Ordinal);
        Assert.False(File.Exists(RouteFile));
    }

    [Theory]
    [InlineData("""{"version": 1}""")]
    [InlineData("""{"version": 1, "routes": [null]}""")]
    [InlineData("""{"version": 1, "routes": [{"id": "a", "listen": "nowhere", "release": "", "destinations": []}]}""")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_file_that_says_nothing_useful_counts_as_damaged(string content)
    {
        await File.WriteAllTextAsync(RouteFile, content, Cancellation);

        await using var router = await RunningRouter.StartAsync(_folder);

        Assert.Single(Directory.GetFiles(_folder.Path, "routes.json.damaged-*"));
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_in_one_sentence_and_left_alone()
    {
        await File.WriteAllTextAsync(RouteFile, """{"version": 2, "routes": {}}""", Cancellation);

        var refusal = await Assert.ThrowsAsync<RouterRefusedException>(() => RunningRouter.StartAsync(_folder));

        Assert.Contains("version 2", refusal.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(RouteFile));
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_its_program_and_disturbs_nothing()
    {
        await using var a = await TestApp.SayingAsync("a");
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        var moved = await router.SetAsync(RunningRouter.RouteTo(taken, a.Address));

        Assert.False(moved.Listening);
        Assert.Contains($"Port {taken} on 127.0.0.1 is in use by", moved.Problem, StringComparison.Ordinal);
        Assert.Equal("a", await _client.GetStringAsync(Url, Cancellation));
        var status = Assert.Single((await router.DescribeAsync()).Routes);
        Assert.Equal($"127.0.0.1:{_port}", status.Route.Listen);
        Assert.True(status.Listening);
    }

    [Fact]
    public async Task Two_routes_cannot_have_one_address()
    {
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port));

        var second = await router.SetAsync(new Route { Id = "other/production/web", Listen = $"127.0.0.1:{_port}" });

        Assert.False(second.Listening);
        Assert.Contains("already belongs to the route shop/production/web", second.Problem, StringComparison.Ordinal);
        Assert.Single((await router.DescribeAsync()).Routes);
    }

    [Fact]
    public async Task A_restored_route_whose_port_is_taken_says_so_and_listens_as_soon_as_it_is_free()
    {
        await using var a = await TestApp.SayingAsync("a");
        await using (var first = await RunningRouter.StartAsync(_folder))
        {
            await first.SetAsync(RunningRouter.RouteTo(_port, a.Address));
        }

        using var other = new TcpListener(IPAddress.Loopback, _port);
        other.Start();
        await using var second = await RunningRouter.StartAsync(_folder);
        var status = Assert.Single((await second.DescribeAsync()).Routes);
        Assert.False(status.Listening);
        Assert.Contains("is in use by", status.Problem, StringComparison.Ordinal);

        other.Stop();

        await Eventually.That(async () => (await second.DescribeAsync()).Routes[0].Listening, "the route listens");
        Assert.Equal("a", await _client.GetStringAsync(Url, Cancellation));
    }

    [Fact]
    public async Task A_route_moves_to_another_address_and_its_old_one_is_free()
    {
        await using var a = await TestApp.SayingAsync("a");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));
        var next = RunningRouter.FreePort();

        await router.SetAsync(RunningRouter.RouteTo(next, a.Address));

        Assert.Equal("a", await _client.GetStringAsync($"http://127.0.0.1:{next}/", Cancellation));
        await Eventually.That(() => IsFree(_port), "the old address is free");
    }

    [Fact]
    public async Task A_removed_route_frees_its_port_at_once_while_its_last_request_ends()
    {
        var arrived = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var a = await TestApp.StartAsync(async context =>
        {
            arrived.SetResult();
            await finish.Task;
            await context.Response.WriteAsync("slow", Cancellation);
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));
        var slow = _client.GetStringAsync(Url, Cancellation);
        await arrived.Task;

        await router.Control.RemoveRouteAsync(new RemoveRouteRequest { Id = "shop/production/web" }, cancellationToken: Cancellation);

        Assert.True(IsFree(_port));
        Assert.Empty((await router.DescribeAsync()).Routes);
        finish.SetResult();
        Assert.Equal("slow", await slow);
        Assert.DoesNotContain("shop", await File.ReadAllTextAsync(RouteFile, Cancellation), StringComparison.Ordinal);
        await router.Control.RemoveRouteAsync(new RemoveRouteRequest { Id = "shop/production/web" }, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Setting_the_same_route_again_writes_nothing()
    {
        await using var router = await RunningRouter.StartAsync(_folder);
        var route = RunningRouter.RouteTo(_port, "http://127.0.0.1:1");
        await router.SetAsync(route);
        File.Delete(RouteFile);

        var again = await router.SetAsync(route);

        Assert.True(again.Listening);
        Assert.False(File.Exists(RouteFile));
    }

    [Fact]
    public async Task A_route_that_cannot_be_written_down_is_not_followed()
    {
        await using var a = await TestApp.SayingAsync("a");
        await using var b = await TestApp.SayingAsync("b");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));
        // A folder in the place of the file that is written first.
        Directory.CreateDirectory(_folder.At("routes.json.new", "full"));

        var refusal = await Assert.ThrowsAsync<RpcException>(() => router.SetAsync(RunningRouter.RouteTo(_port, b.Address)));

        Assert.Contains("was not changed", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("a", await _client.GetStringAsync(Url, Cancellation));
    }

    [Theory]
    [InlineData("localhost:80", "http://127.0.0.1:1", "is no address to listen on")]
    [InlineData("127.0.0.1", "http://127.0.0.1:1", "is no address to listen on")]
    [InlineData("127.0.0.1:0", "http://127.0.0.1:1", "is no address to listen on")]
    [InlineData("127.0.0.1:1", "127.0.0.1:1", "is no address of a destination")]
    [InlineData("127.0.0.1:1", "http://127.0.0.1:1/path", "is no address of a destination")]
    [InlineData("127.0.0.1:1", "https://127.0.0.1:1", "is no address of a destination")]
    public async Task A_wrong_route_is_refused_in_one_sentence(string listen, string destination, string sentence)
    {
        await using var router = await RunningRouter.StartAsync(_folder);
        var route = new Route { Id = "a", Listen = listen, Destinations = { new Destination { Id = "x", Address = destination } } };

        var refusal = await Assert.ThrowsAsync<RpcException>(() => router.SetAsync(route));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains(sentence, refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_protocol_is_refused_in_one_sentence()
    {
        await using var router = await RunningRouter.StartAsync(_folder);

        var refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await router.Control.DescribeAsync(new DescribeRequest { Protocol = 3 }, cancellationToken: Cancellation));

        Assert.Equal(
            "This router speaks protocol 2 and was asked for 3: replace the router by the newer version first.", refusal.Status.Detail);
    }

    [Fact]
    public async Task A_second_router_on_the_same_folder_is_refused_and_the_first_goes_on()
    {
        await using var router = await RunningRouter.StartAsync(_folder);

        var refusal = await Assert.ThrowsAsync<RouterRefusedException>(
            () => RouterHost.RunAsync(new RouterSettings(_folder.Path), Cancellation));

        Assert.Contains("Another router already serves", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessId, (await router.DescribeAsync()).Pid);
    }

    [Fact]
    public async Task A_socket_file_left_by_a_killed_router_is_replaced_and_only_its_owner_can_open_the_new_one()
    {
        var path = Path.Combine(_folder.Path, "router.sock");
        await File.WriteAllTextAsync(path, "", Cancellation);
        var settings = new RouterSettings(_folder.Path);
        var run = new CancellationTokenSource();
        var router = Task.Run(() => RouterHost.RunAsync(settings, run.Token), Cancellation);
        using var channel = UnixChannel.Open(path);
        var control = new RouterControl.RouterControlClient(channel);

        await Eventually.That(
            async () =>
            {
                try
                {
                    return (await control.DescribeAsync(new DescribeRequest(), cancellationToken: Cancellation)).Protocol == 2;
                }
                catch (RpcException)
                {
                    return false;
                }
            },
            "the router answers");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        await run.CancelAsync();
        await router;
        Assert.False(File.Exists(path));
        run.Dispose();
    }

    [Fact]
    public async Task Told_to_stop_it_lets_the_last_request_end()
    {
        var arrived = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var a = await TestApp.StartAsync(async context =>
        {
            arrived.SetResult();
            await finish.Task;
            await context.Response.WriteAsync("slow", Cancellation);
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));
        var slow = _client.GetStringAsync(Url, Cancellation);
        await arrived.Task;

        var stopped = router.StopAsync();
        await Eventually.That(() => IsFree(_port), "the port is free");
        Assert.False(stopped.IsCompleted);
        finish.SetResult();

        Assert.Equal("slow", await slow);
        await stopped;
    }

    [Fact]
    public async Task Told_to_stop_it_cuts_what_does_not_end_in_time()
    {
        var arrived = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var a = await TestApp.StartAsync(context =>
        {
            arrived.SetResult();
            return finish.Task;
        });
        var settings = new RouterSettings(_folder.Path) { DrainAtStop = TimeSpan.FromMilliseconds(200) };
        await using var router = await RunningRouter.StartAsync(settings);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));
        var endless = _client.GetStringAsync(Url, Cancellation);
        await arrived.Task;

        await router.StopAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => endless);
        finish.SetResult();
    }

    [Fact]
    public void The_program_that_holds_a_port_is_found()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var owner = PortOwner.Find(((IPEndPoint)other.LocalEndpoint).Port);

        Assert.Equal(Environment.ProcessId, owner);
        Assert.Contains($"(pid {Environment.ProcessId})", PortOwner.Describe(owner!.Value), StringComparison.Ordinal);
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
