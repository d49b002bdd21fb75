using System.Net;
using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;

namespace Towpath.Tests.Router;

/// <summary>Which requests are the candidate's.</summary>
public sealed class CanarySplitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_every_block_exactly_the_share_is_the_candidates_also_when_32_clients_ask_at_once()
    {
        // 6.25 %: blocks of 32 with 2.
        const int Clients = 32;
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(625);

        for (var block = 0; block < 60; block++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => versions.AskAsync(), Cancellation)));
            Assert.Equal(2, answers.Count(answer => answer == "new"));
            Assert.Equal(30, answers.Count(answer => answer == "old"));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(500, 1)]
    [InlineData(5000, 10)]
    [InlineData(10_000, 20)]
    public async Task A_new_share_begins_a_new_block_at_once(uint share, int candidates)
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(3333);
        await versions.CandidatesOfAsync(7);

        await versions.SetAsync(share);

        Assert.Equal(candidates, await versions.CandidatesOfAsync(20));
    }

    [Fact]
    public async Task A_block_goes_on_when_something_else_in_the_route_changes()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(500);
        var before = await versions.CandidatesOfAsync(10);

        await versions.SetAsync(500, route => route.Canary.LeaseMs = 20_000);

        Assert.Equal(1, before + await versions.CandidatesOfAsync(10));
    }

    [Fact]
    public async Task Testers_get_the_candidate_by_their_header_whatever_the_share()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(0, route => route.Canary.Testers = new Testers { Header = "X-Version", Value = "next" });

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("new", await versions.AskAsync(header: ("x-version", "next")));
            Assert.Equal("old", await versions.AskAsync(header: ("X-Version", "Next")));
            Assert.Equal("old", await versions.AskAsync(cookie: "X-Version=next"));
        }

        var measured = await versions.MeasureAsync(read => read.Canary.Testers.Requests == 5 && read.Baseline.Requests == 10);
        Assert.Equal(0, measured.Canary.Requests);
    }

    [Fact]
    public async Task Testers_get_the_candidate_by_their_cookie_and_take_no_place_in_a_block()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000, route => route.Canary.Testers = new Testers { Cookie = "qa", Value = "1" });

        var others = 0;
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("new", await versions.AskAsync(cookie: "a=b; qa=1"));
            others += await versions.AskAsync(cookie: "qa=2; xqa=1; q=a; qa=1") == "new" ? 1 : 0;
        }

        Assert.Equal(10, others);
    }

    [Fact]
    public async Task A_candidate_that_cannot_be_reached_costs_no_request_and_each_counts_as_its_failure()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000, route => route.Canary.Destinations[0].Address = $"http://127.0.0.1:{RunningRouter.FreePort()}");

        for (var i = 0; i < 20; i++)
        {
            using var order = await versions.Client.PostAsync(versions.Url, new StringContent("order"), Cancellation);
            Assert.Equal("old", await order.Content.ReadAsStringAsync(Cancellation));
        }

        var measured = await versions.MeasureAsync(read => read.Baseline.Requests == 10 && read.Canary.Requests == 10);
        Assert.Equal((10, 10), (measured.Canary.Failures, measured.Canary.Incomplete));
        Assert.Equal((0, 10), (measured.Baseline.Failures, measured.Baseline.Status2Xx));
        Assert.Equal(10, measured.Baseline.Latency.Sum());
        Assert.Equal(0, measured.Canary.Latency.Sum());
    }

    [Fact]
    public async Task A_candidate_without_an_instance_costs_no_request_either()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000, route => route.Canary.Destinations.Clear());

        Assert.Equal(0, await versions.CandidatesOfAsync(20));

        var measured = await versions.MeasureAsync(read => read.Baseline.Requests == 10 && read.Canary.Requests == 10);
        Assert.Equal((10, 0), (measured.Canary.Failures, measured.Baseline.Failures));
    }

    [Fact]
    public async Task A_read_that_the_candidate_died_under_is_asked_of_the_baseline_and_an_order_is_not()
    {
        await using var versions = await TwoVersions.StartAsync(TwoVersions.Saying("old"), Dying);
        await versions.SetAsync(10_000);

        Assert.Equal("old", await versions.AskAsync());
        using var order = await versions.Client.PostAsync(versions.Url, new StringContent("order"), Cancellation);

        Assert.Equal(HttpStatusCode.BadGateway, order.StatusCode);
        var measured = await versions.MeasureAsync(read => read.Canary.Requests == 2);
        Assert.Equal((2, 2), (measured.Canary.Failures, measured.Canary.Incomplete));
        Assert.Equal(0, measured.Baseline.Requests);
    }

    [Fact]
    public async Task What_the_baseline_cannot_answer_never_goes_to_the_candidate()
    {
        var asked = 0;
        await using var versions = await TwoVersions.StartAsync(Dying, context =>
        {
            Interlocked.Increment(ref asked);
            return context.Response.WriteAsync("new", Cancellation);
        });
        await versions.SetAsync(500);

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 20; i++)
        {
            using var answer = await versions.SendAsync();
            statuses.Add(answer.StatusCode);
        }

        Assert.Equal(1, asked);
        Assert.Equal(19, statuses.Count(status => status == HttpStatusCode.ServiceUnavailable));
        var measured = await versions.MeasureAsync(read => read.Baseline.Requests == 19 && read.Canary.Requests == 1);
        Assert.Equal((19, 0), (measured.Baseline.Failures, measured.Canary.Failures));
    }

    [Fact]
    public async Task No_request_fails_while_the_share_changes_a_hundred_times_and_each_is_followed_at_once()
    {
        await using var versions = await TwoVersions.StartAsync();
        await versions.SetAsync(5000);
        var done = false;
        var answered = 0;
        async Task LoadAsync()
        {
            while (!Volatile.Read(ref done))
            {
                Assert.Contains(await versions.AskAsync(), (string[])["old", "new"]);
                Interlocked.Increment(ref answered);
            }
        }

        var load = Enumerable.Range(0, 8).Select(_ => Task.Run(LoadAsync, Cancellation)).ToArray();
        for (var i = 1; i <= 100; i++)
        {
            // With the old share the next answer would be the other one.
            var share = i % 2 == 0 ? 0u : 10_000u;
            await versions.SetAsync(share);
            Assert.Equal(share == 0 ? "old" : "new", await versions.AskAsync());
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(load);
        Assert.True(answered > 100, $"only {answered} requests");
        var measured = await versions.MeasureAsync(read => read.Baseline.Requests + read.Canary.Requests == answered + 100);
        Assert.Equal(0, measured.Baseline.Failures + measured.Canary.Failures);
        Assert.True(measured.Canary.Requests >= 50, $"only {measured.Canary.Requests} for the candidate");
    }

    [Fact]
    public async Task A_candidate_that_left_is_drained_like_any_other_and_one_that_is_there_is_not()
    {
        var arrived = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var versions = await TwoVersions.StartAsync(TwoVersions.Saying("old"), async context =>
        {
            arrived.SetResult();
            await finish.Task;
            await context.Response.WriteAsync("slow", Cancellation);
        });
        await versions.SetAsync(10_000);
        var slow = versions.AskAsync();
        await arrived.Task;
        var drain = new DrainRequest { Route = TwoVersions.RouteId, Destinations = { versions.CandidateId }, DeadlineMs = 60_000 };
        await versions.SetAsync(0);
        var refusal = await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            async () => await versions.Router.Control.DrainAsync(drain, cancellationToken: Cancellation));
        Assert.Contains("still gets requests", refusal.Status.Detail, StringComparison.Ordinal);

        await versions.SetAsync(0, route => route.Canary = null);
        var drained = versions.Router.Control.DrainAsync(drain, cancellationToken: Cancellation).ResponseAsync;
        Assert.Equal("old", await versions.AskAsync());
        Assert.False(drained.IsCompleted);
        finish.SetResult();

        Assert.Equal("slow", await slow);
        Assert.True((await drained).Drained);
    }

    private static Task Dying(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
