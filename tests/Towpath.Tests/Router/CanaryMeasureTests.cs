using System.Globalization;
using System.Net.WebSockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Measures;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Router;

/// <summary>What is counted about both versions.</summary>
public sealed class CanaryMeasureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_status_is_counted_once_for_the_version_that_gave_it()
    {
        await using var versions = await TwoVersions.StartAsync(Status, Status);
        await versions.SetAsync(5000);

        // Forty of each, of which twenty go to either version in whole blocks.
        foreach (var status in (int[])[200, 204, 302, 404, 500, 503])
        {
            for (var i = 0; i < 40; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"{versions.Url}?{status}");
                using var answer = await versions.Client.SendAsync(request, Cancellation);
                Assert.Equal(status, (int)answer.StatusCode);
            }
        }

        var read = await versions.MeasureAsync(read => read.Baseline.Requests == 120 && read.Canary.Requests == 120);
        Assert.All(new[] { read.Baseline, read.Canary }, version =>
        {
            Assert.Equal(
                (0, 40, 20, 20, 40, 0),
                (version.Status1Xx, version.Status2Xx, version.Status3Xx, version.Status4Xx, version.Status5Xx, version.Incomplete));
            Assert.Equal((40, 80, 0), (version.Failures, version.Latency.Sum(), version.InFlight));
            Assert.Equal(0, Apart(version));
        });

        static Task Status(HttpContext context)
        {
            context.Response.StatusCode = int.Parse(context.Request.QueryString.Value!.AsSpan(1), CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Nothing_is_lost_when_many_requests_end_at_once()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(2500);

        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => versions.CandidatesOfAsync(25), Cancellation)));

        var read = await versions.MeasureAsync(read => read.Baseline.Requests + read.Canary.Requests == 800);
        Assert.Equal((600, 200), (read.Baseline.Status2Xx, read.Canary.Status2Xx));
        Assert.Equal((600, 200), (read.Baseline.Latency.Sum(), read.Canary.Latency.Sum()));
    }

    [Fact]
    public async Task How_long_answers_took_is_known_to_a_64th_until_their_last_byte()
    {
        var random = new Random(1);
        var times = Enumerable.Range(0, 301).Select(_ => (long)Math.Pow(10, 1.7 + (random.NextDouble() * 6))).ToList();
        var next = 0;
        TwoVersions? clock = null;
        await using var versions = await TwoVersions.StartAsync(TwoVersions.Saying("old"), async context =>
        {
            // Half of it before the headers, half between them and the end.
            var took = TimeSpan.FromMicroseconds(times[next++]);
            clock!.Time.Pass(took / 2);
            await context.Response.Body.FlushAsync(Cancellation);
            clock.Time.Pass(took - (took / 2));
            await context.Response.WriteAsync("new", Cancellation);
        });
        clock = versions;
        await versions.SetAsync(10_000, route => route.Canary.LeaseMs = 3_600_000);
        foreach (var _ in times)
        {
            var before = (await versions.MeasureAsync()).Canary.Requests;
            Assert.Equal("new", await versions.AskAsync());
            // Its end is read from the clock before the next one sets that forward.
            await versions.MeasureAsync(read => read.Canary.Requests == before + 1);
            await versions.SetAsync(10_000, route => route.Canary.LeaseMs = 3_600_000);
        }

        var latency = (await versions.MeasureAsync()).Canary.Latency;
        times.Sort();
        foreach (var part in new[] { 0, 0.1, 0.5, 0.9, 0.99, 1 })
        {
            var exact = times[Math.Max(0, (int)Math.Ceiling(part * times.Count) - 1)];
            Assert.InRange(LatencyBuckets.Quantile(latency, part)!.Value, (exact * (1 - (1 / 64.0))) - 1, (exact * (1 + (1 / 64.0))) + 1);
        }
    }

    [Fact]
    public async Task Clients_that_went_away_are_counted_apart()
    {
        var arrived = new TaskCompletionSource();
        await using var versions = await TwoVersions.StartAsync(TwoVersions.Saying("old"), async context =>
        {
            var gone = new TaskCompletionSource();
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            arrived.SetResult();
            await gone.Task;
        });
        await versions.SetAsync(10_000);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var asked = versions.Client.GetStringAsync(versions.Url, impatient.Token);
        await arrived.Task;
        Assert.Equal(1, (await versions.MeasureAsync()).Canary.InFlight);

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        var read = await versions.MeasureAsync(read => read.Canary.Aborted.Requests == 1);
        Assert.Equal((0, 0, 0), (read.Canary.Requests, read.Canary.Failures, read.Canary.InFlight));
    }

    [Fact]
    public async Task An_answer_that_the_app_broke_off_is_its_failure()
    {
        var begun = new SemaphoreSlim(0);
        await using var versions = await TwoVersions.StartAsync(TwoVersions.Saying("old"), async context =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("the first of a hundred bytes", Cancellation);
            await context.Response.Body.FlushAsync(Cancellation);
            await begun.WaitAsync(Cancellation);
            context.Abort();
        });
        await versions.SetAsync(10_000);

        for (var i = 0; i < 20; i++)
        {
            using var answer = await versions.Client.GetAsync(versions.Url, HttpCompletionOption.ResponseHeadersRead, Cancellation);
            begun.Release();
            await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsStringAsync(Cancellation));
        }

        var read = await versions.MeasureAsync(read => read.Canary.Requests + Apart(read.Canary) == 20);
        Assert.Equal((20, 20, 0), (read.Canary.Incomplete, read.Canary.Failures, read.Canary.Latency.Sum()));
    }

    [Fact]
    public async Task Event_streams_and_websockets_are_counted_apart()
    {
        await using var versions = await TwoVersions.StartAsync(TwoVersions.Saying("old"), async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                using var accepted = await context.WebSockets.AcceptWebSocketAsync();
                await accepted.ReceiveAsync(new byte[1].AsMemory(), Cancellation);
                await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Cancellation);
                return;
            }

            context.Response.ContentType = "text/event-stream; charset=utf-8";
            await context.Response.WriteAsync("data: one\n\n", Cancellation);
        });
        await versions.SetAsync(10_000);

        Assert.Equal("data: one\n\n", await versions.AskAsync());
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(versions.Url.Replace("http", "ws", StringComparison.Ordinal)), Cancellation);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Cancellation);

        var read = await versions.MeasureAsync(read => read.Canary.Upgrades.Requests == 1 && read.Canary.Streams.Requests == 1);
        Assert.Equal((0, 0, 0), (read.Canary.Upgrades.Failures, read.Canary.Streams.Failures, read.Canary.Requests));
    }

    [Fact]
    public async Task A_tester_whose_request_fails_says_nothing_of_the_others()
    {
        await using var versions = await TwoVersions.StartAsync(TwoVersions.Saying("old"), context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await versions.SetAsync(0, route => route.Canary.Testers = new Testers { Header = "X-Version", Value = "next" });

        await versions.AskAsync(header: ("X-Version", "next"));

        var read = await versions.MeasureAsync(read => read.Canary.Testers.Requests == 1);
        Assert.Equal((1, 0, 0), (read.Canary.Testers.Failures, read.Canary.Requests, read.Baseline.Requests));
    }

    [Fact]
    public async Task A_request_that_another_instance_of_the_version_answered_is_one_request_and_no_failure()
    {
        await using var versions = await TwoVersions.StartAsync();
        var dead = new Destination { Id = "dead", Address = $"http://127.0.0.1:{RunningRouter.FreePort()}" };
        await versions.SetAsync(10_000, route => route.Canary.Destinations.Add(dead));

        Assert.Equal(20, await versions.CandidatesOfAsync(20));

        var read = await versions.MeasureAsync(read => read.Canary.Requests == 20);
        Assert.Equal((0, 20, 0), (read.Canary.Failures, read.Canary.Status2Xx, read.Baseline.Requests));
        Assert.Equal(10, (await versions.Router.DescribeAsync()).Routes[0].Destinations.Single(one => one.Id == "dead").Failures);
    }

    [Fact]
    public async Task Counters_begin_anew_with_a_release_and_with_a_router_and_go_on_otherwise()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000);
        await versions.CandidatesOfAsync(20);
        var first = await versions.MeasureAsync(read => read.Baseline.Requests == 10 && read.Canary.Requests == 10);
        Assert.Equal(("r1", "r2"), (first.Baseline.Release, first.Canary.Release));

        await versions.SetAsync(2500);
        var changed = await versions.MeasureAsync();
        Assert.Equal((first.Baseline.Epoch, first.Canary.Epoch), (changed.Baseline.Epoch, changed.Canary.Epoch));
        Assert.Equal((10, 10), (changed.Baseline.Requests, changed.Canary.Requests));

        await versions.SetAsync(2500, route => route.Canary.Release = "r3");
        var other = await versions.MeasureAsync();
        Assert.Equal((first.Baseline.Epoch, "r3", 0), (other.Baseline.Epoch, other.Canary.Release, other.Canary.Requests));
        Assert.NotEqual(first.Canary.Epoch, other.Canary.Epoch);

        await versions.SetAsync(0, route => route.Canary = null);
        var alone = await versions.MeasureAsync();
        Assert.Equal((first.Baseline.Epoch, 10), (alone.Baseline.Epoch, alone.Baseline.Requests));
        Assert.Null(alone.Canary);

        await versions.RestartAsync();
        var restarted = await versions.MeasureAsync();
        Assert.NotEqual(first.Baseline.Epoch, restarted.Baseline.Epoch);
        Assert.Equal(0, restarted.Baseline.Requests);
    }

    [Fact]
    public async Task Readings_say_how_far_apart_they_are()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000);
        var first = await versions.MeasureAsync();
        versions.Time.Pass(TimeSpan.FromMilliseconds(1234));

        Assert.Equal(1234, (await versions.MeasureAsync()).AtMs - first.AtMs);
    }

    [Fact]
    public async Task A_route_that_is_not_there_is_not_found()
    {
        await using var versions = await TwoVersions.StartAsync();

        var refusal = await Assert.ThrowsAsync<RpcException>(() => versions.MeasureAsync());

        Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
    }

    private static long Apart(VersionMeasures version) =>
        version.Testers.Requests + version.Upgrades.Requests + version.Streams.Requests + version.Aborted.Requests;
}
