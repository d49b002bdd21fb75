using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Router;

public sealed class RouteTrafficTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly int _port = RunningRouter.FreePort();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Url => $"http://127.0.0.1:{_port}/";

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Requests_are_spread_evenly_over_the_destinations()
    {
        await using var a = await TestApp.SayingAsync("a");
        await using var b = await TestApp.SayingAsync("b");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address, b.Address));

        var answers = new List<string>();
        for (var i = 0; i < 10; i++)
            answers.Add(await _client.GetStringAsync(Url, Cancellation));

        Assert.Equal(5, answers.Count(x => x == "a"));
        Assert.Equal(5, answers.Count(x => x == "b"));
        var route = Assert.Single((await router.DescribeAsync()).Routes);
        Assert.Equal([5, 5], route.Destinations.Select(d => d.Requests));
        Assert.Equal([0, 0], route.Destinations.Select(d => d.Failures));
    }

    [Fact]
    public async Task A_destination_that_refuses_connections_costs_no_request()
    {
        await using var a = await TestApp.SayingAsync("a");
        await using var router = await RunningRouter.StartAsync(_folder);
        var dead = $"http://127.0.0.1:{RunningRouter.FreePort()}";
        await router.SetAsync(RunningRouter.RouteTo(_port, dead, a.Address));

        for (var i = 0; i < 10; i++)
        {
            using var answer = await _client.PostAsync(Url, new StringContent("order"), Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        var route = Assert.Single((await router.DescribeAsync()).Routes);
        Assert.Equal(5, route.Destinations.Single(d => d.Id == "at " + dead).Failures);
    }

    [Fact]
    public async Task A_read_that_its_instance_died_under_is_asked_of_the_next_one_and_an_order_is_not()
    {
        await using var dying = await TestApp.StartAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var a = await TestApp.SayingAsync("a");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, dying.Address, a.Address));

        for (var i = 0; i < 4; i++)
            Assert.Equal("a", await _client.GetStringAsync(Url, Cancellation));

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var answer = await _client.PostAsync(Url, new StringContent("order"), Cancellation);
            statuses.Add(answer.StatusCode);
        }

        Assert.Equal(2, statuses.Count(s => s == HttpStatusCode.BadGateway));
        Assert.Equal(2, statuses.Count(s => s == HttpStatusCode.OK));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_an_instance_that_can_be_reached_the_answer_is_503_with_a_time_to_come_again(bool named)
    {
        await using var router = await RunningRouter.StartAsync(_folder);
        string[] destinations = named ? [$"http://127.0.0.1:{RunningRouter.FreePort()}"] : [];
        var status = await router.SetAsync(RunningRouter.RouteTo(_port, destinations));

        using var answer = await _client.GetAsync(Url, Cancellation);

        Assert.True(status.Listening);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
        Assert.StartsWith("503: No instance", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Five_hundreds_of_the_app_are_passed_on_and_counted_as_failures()
    {
        await using var a = await TestApp.StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync("the app's own words");
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        using var answer = await _client.GetAsync(Url, Cancellation);

        Assert.Equal("the app's own words", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(1, Assert.Single(Assert.Single((await router.DescribeAsync()).Routes).Destinations).Failures);
    }

    [Fact]
    public async Task The_app_learns_who_asked_and_for_which_host()
    {
        IHeaderDictionary? seen = null;
        await using var a = await TestApp.StartAsync(context =>
        {
            seen = new HeaderDictionary(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value));
            return Task.CompletedTask;
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        using var plain = new HttpRequestMessage(HttpMethod.Get, Url) { Headers = { Host = "shop.example" } };
        using var first = await _client.SendAsync(plain, Cancellation);

        Assert.Equal("shop.example", seen?.Host);
        Assert.Equal("127.0.0.1", seen?["X-Forwarded-For"]);
        Assert.Equal("http", seen?["X-Forwarded-Proto"]);
        Assert.Equal("shop.example", seen?["X-Forwarded-Host"]);

        using var proxied = new HttpRequestMessage(HttpMethod.Get, Url);
        proxied.Headers.Add("X-Forwarded-For", "203.0.113.9");
        proxied.Headers.Add("X-Forwarded-Proto", "https");
        proxied.Headers.Add("X-Forwarded-Host", "front.example");
        using var second = await _client.SendAsync(proxied, Cancellation);

        Assert.Equal(["203.0.113.9", "127.0.0.1"], seen!["X-Forwarded-For"].ToString().Split(',', StringSplitOptions.TrimEntries));
        Assert.Equal("https", seen?["X-Forwarded-Proto"]);
        Assert.Equal("front.example", seen?["X-Forwarded-Host"]);
    }

    [Fact]
    public async Task The_session_of_Towpaths_own_pages_is_not_handed_to_apps()
    {
        List<string?>? seen = null;
        await using var a = await TestApp.StartAsync(context =>
        {
            seen = [.. context.Request.Headers.Cookie];
            return Task.CompletedTask;
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        Assert.Equal(["cart=7; towpath-like=1; towpath-=x"], await AskAsync("towpath-7000=secret; cart=7; towpath-like=1; towpath-=x"));
        Assert.Equal([], await AskAsync("towpath-7000=secret"));
        Assert.Equal(["a=1; b=towpath-7000=x"], await AskAsync("a=1; b=towpath-7000=x"));
        // What holds none is passed on as it came.
        Assert.Equal(["a=1;b=2"], await AskAsync("a=1;b=2"));

        async Task<List<string?>> AskAsync(string cookies)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Url);
            request.Headers.TryAddWithoutValidation("Cookie", cookies);
            using var answer = await _client.SendAsync(request, Cancellation);
            return seen!;
        }
    }

    [Fact]
    public async Task Header_bytes_beyond_ascii_pass_both_ways_unchanged()
    {
        string? seen = null;
        await using var a = await TestApp.StartAsync(context =>
        {
            context.Response.Headers["X-Back"] = seen = context.Request.Headers["X-Name"];
            return Task.CompletedTask;
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        var answer = await RawAsync("GET / HTTP/1.1\r\nHost: x\r\nX-Name: Zoë\r\nConnection: close\r\n\r\n"u8.ToArray());

        Assert.Equal("Zoë", seen);
        Assert.Contains("\r\nX-Back: Zoë\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_larger_than_any_buffer_streams_through()
    {
        const long Size = 100L * 1024 * 1024;
        await using var a = await TestApp.StartAsync(async context =>
        {
            long length = 0;
            var buffer = new byte[64 * 1024];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer, Cancellation)) > 0;)
                length += read;
            await context.Response.WriteAsync(length.ToString(System.Globalization.CultureInfo.InvariantCulture), Cancellation);
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        using var body = new StreamContent(new ZeroStream(Size));
        using var answer = await _client.PostAsync(Url, body, Cancellation);

        Assert.Equal("104857600", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task An_event_arrives_while_its_stream_stays_open()
    {
        var end = new TaskCompletionSource();
        await using var a = await TestApp.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: one\n\n", Cancellation);
            await context.Response.Body.FlushAsync(Cancellation);
            await end.Task;
        });
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        using var answer = await _client.GetAsync(Url, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));

        Assert.Equal("data: one", await reader.ReadLineAsync(Cancellation));
        end.SetResult();
    }

    [Fact]
    public async Task A_websocket_survives_the_switch_to_another_release()
    {
        await using var old = await TestApp.StartAsync(EchoAsync);
        await using var next = await TestApp.SayingAsync("next");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, old.Address));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_port}/"), Cancellation);
        Assert.Equal("before", await SayAsync(socket, "before"));

        await router.SetAsync(RunningRouter.RouteTo(_port, next.Address));

        Assert.Equal("after", await SayAsync(socket, "after"));
        Assert.Equal("next", await _client.GetStringAsync(Url, Cancellation));
        var drain = router.Control.DrainAsync(Drain(old.Address, 1), cancellationToken: Cancellation);
        var cut = await drain;
        Assert.False(cut.Drained);
        Assert.Equal(1, cut.InFlight);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Cancellation);
        Assert.True((await router.Control.DrainAsync(Drain(old.Address, 10_000), cancellationToken: Cancellation)).Drained);
    }

    [Fact]
    public async Task Draining_ends_when_the_last_request_has_ended()
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
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, old.Address));
        var slow = _client.GetStringAsync(Url, Cancellation);
        await arrived.Task;
        await router.SetAsync(RunningRouter.RouteTo(_port, next.Address));

        var drain = router.Control.DrainAsync(Drain(old.Address, 60_000), cancellationToken: Cancellation).ResponseAsync;
        Assert.Equal("next", await _client.GetStringAsync(Url, Cancellation));
        Assert.False(drain.IsCompleted);
        Assert.Equal(1, (await router.DescribeAsync()).Routes[0].Destinations.Single(d => d.Id == "at " + old.Address).InFlight);

        finish.SetResult();
        Assert.Equal("slow", await slow);
        Assert.True((await drain).Drained);
    }

    [Fact]
    public async Task No_request_fails_while_the_route_is_switched_two_hundred_times_and_what_is_drained_gets_none()
    {
        var serving = new bool[2];
        var strays = 0;
        RequestDelegate Instance(int number) => context =>
        {
            if (!Volatile.Read(ref serving[number]))
                Interlocked.Increment(ref strays);
            return context.Response.WriteAsync("fine", Cancellation);
        };
        await using var a = await TestApp.StartAsync(Instance(0));
        await using var b = await TestApp.StartAsync(Instance(1));
        await using var router = await RunningRouter.StartAsync(_folder);
        string[] addresses = [a.Address, b.Address];
        Volatile.Write(ref serving[0], true);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        var done = false;
        var answered = 0;
        async Task LoadAsync()
        {
            while (!Volatile.Read(ref done))
            {
                Assert.Equal("fine", await _client.GetStringAsync(Url, Cancellation));
                Interlocked.Increment(ref answered);
            }
        }

        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(LoadAsync, Cancellation)).ToArray();
        for (var i = 1; i <= 200; i++)
        {
            Volatile.Write(ref serving[i % 2], true);
            await router.SetAsync(RunningRouter.RouteTo(_port, addresses[i % 2]));
            var left = addresses[(i + 1) % 2];
            Assert.True((await router.Control.DrainAsync(Drain(left, 10_000), cancellationToken: Cancellation)).Drained);
            Volatile.Write(ref serving[(i + 1) % 2], false);
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(load);
        Assert.True(answered > 200, $"only {answered} requests");
        Assert.Equal(0, strays);
    }

    [Fact]
    public async Task A_destination_that_still_gets_requests_cannot_be_drained()
    {
        await using var a = await TestApp.SayingAsync("a");
        await using var router = await RunningRouter.StartAsync(_folder);
        await router.SetAsync(RunningRouter.RouteTo(_port, a.Address));

        var refusal = await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            async () => await router.Control.DrainAsync(Drain(a.Address, 1000), cancellationToken: Cancellation));

        Assert.Contains("still gets requests", refusal.Status.Detail, StringComparison.Ordinal);
    }

    private static DrainRequest Drain(string address, uint milliseconds) =>
        new() { Route = "shop/production/web", Destinations = { "at " + address }, DeadlineMs = milliseconds };

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1024];
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation);
            if (message.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Cancellation);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Text, true, Cancellation);
        }
    }

    private static async Task<string> SayAsync(ClientWebSocket socket, string word)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(word).AsMemory(), WebSocketMessageType.Text, true, Cancellation);
        var buffer = new byte[1024];
        var message = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }

    private async Task<string> RawAsync(byte[] request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _port, Cancellation);
        var stream = tcp.GetStream();
        await stream.WriteAsync(request, Cancellation);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(Cancellation);
    }
}
