using Grpc.Core;
using Grpc.Net.Client;
using Towpath.Protocol;
using Towpath.Protocol.Router;

namespace Towpath.Agent.Apps;

/// <summary>The router did not answer for so long that it must be down, not restarting.</summary>
public sealed class RouterUnreachableException : Exception
{
    public RouterUnreachableException()
    {
    }

    public RouterUnreachableException(string message)
        : base(message)
    {
    }

    public RouterUnreachableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Steers this machine's router. Calls go on over its restart.</summary>
internal sealed class RouterLink(string socketPath, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan GlanceLimit = TimeSpan.FromSeconds(2);

    private readonly GrpcChannel channel = UnixChannel.Open(socketPath);

    /// <summary>What the router refuses (an address that is none, a folder that cannot be served) is a problem of the route.</summary>
    public async Task<RouteStatus> SetAsync(Route route, CancellationToken cancel)
    {
        try
        {
            return await CallAsync(
                (router, deadline) => router.SetRouteAsync(route, deadline: deadline, cancellationToken: cancel), TimeSpan.Zero, cancel);
        }
        catch (IOException refused)
        {
            return new RouteStatus { Route = route, Problem = refused.Message };
        }
    }

    /// <exception cref="IOException">The router could not write its routes.</exception>
    public Task<RemoveRouteReply> RemoveAsync(string route, CancellationToken cancel) =>
        CallAsync(
            (router, deadline) => router.RemoveRouteAsync(
                new RemoveRouteRequest { Id = route }, deadline: deadline, cancellationToken: cancel),
            TimeSpan.Zero,
            cancel);

    /// <summary>Also of a router that is older than canaries: before one is set, <see cref="MeasureAsync"/> is asked, which such a router refuses.</summary>
    public Task<RouterDescription> DescribeAsync(CancellationToken cancel) =>
        CallAsync(
            (router, deadline) => router.DescribeAsync(new DescribeRequest { Protocol = 1 }, deadline: deadline, cancellationToken: cancel),
            TimeSpan.Zero,
            cancel);

    /// <exception cref="IOException">The router is older than canaries, or has no such route.</exception>
    public async Task<Measurement> MeasureAsync(string route, CancellationToken cancel)
    {
        try
        {
            return await CallAsync(
                (router, deadline) => router.MeasureAsync(new MeasureRequest { Route = route }, deadline: deadline, cancellationToken: cancel),
                TimeSpan.Zero,
                cancel);
        }
        catch (RouterUnreachableException missing) when (missing.InnerException is RpcException { StatusCode: StatusCode.Unimplemented })
        {
            throw new IOException("The router of this machine is older than canaries: `towpath up` replaces it by the new version.", missing);
        }
        catch (RouterUnreachableException missing) when (missing.InnerException is RpcException { StatusCode: StatusCode.NotFound } unknown)
        {
            throw new IOException(unknown.Status.Detail, missing);
        }
    }

    /// <summary>The same for people, who wait for nothing: null when there is no such route, or the router does not answer at once.</summary>
    public async Task<Measurement?> GlanceAsync(string route, CancellationToken cancel)
    {
        try
        {
            return await new RouterControl.RouterControlClient(channel).MeasureAsync(
                new MeasureRequest { Route = route }, deadline: DateTime.UtcNow + GlanceLimit, cancellationToken: cancel);
        }
        catch (RpcException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">A destination still gets new requests.</exception>
    /// <param name="limit">How long requests in flight may take.</param>
    public Task<DrainReply> DrainAsync(string route, IEnumerable<string> destinations, TimeSpan limit, CancellationToken cancel)
    {
        var request = new DrainRequest { Route = route, DeadlineMs = (uint)Math.Clamp(limit.TotalMilliseconds, 0, uint.MaxValue) };
        request.Destinations.AddRange(destinations);
        return CallAsync((router, deadline) => router.DrainAsync(request, deadline: deadline, cancellationToken: cancel), limit, cancel);
    }

    public void Dispose() => channel.Dispose();

    /// <param name="work">What the call itself may take, beside the patience for reaching the router.</param>
    private async Task<T> CallAsync<T>(
        Func<RouterControl.RouterControlClient, DateTime, AsyncUnaryCall<T>> call, TimeSpan work, CancellationToken cancel)
    {
        var client = new RouterControl.RouterControlClient(channel);
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await call(client, DateTime.UtcNow + Patience + work);
            }
            catch (RpcException gone) when (gone.StatusCode == StatusCode.Unavailable && time.GetElapsedTime(begun) < Patience)
            {
                await Task.Delay(Pause, time, cancel);
            }
            catch (RpcException canceled) when (cancel.IsCancellationRequested)
            {
                throw new OperationCanceledException(canceled.Message, canceled, cancel);
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition)
            {
                throw new IOException(refused.Status.Detail, refused);
            }
            catch (RpcException broken)
            {
                throw new RouterUnreachableException(
                    $"The router did not answer at {socketPath} ({broken.Status.Detail}). "
                    + "`towpath up` starts it; its own output is in logs/router.log.",
                    broken);
            }
        }
    }
}
