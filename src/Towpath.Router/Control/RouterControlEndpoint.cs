using Grpc.Core;
using Microsoft.Extensions.Logging;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Router;
using Towpath.Router.Replacement;
using Towpath.Router.Routes;

namespace Towpath.Router.Control;

/// <summary>What the agent of this machine asks for.</summary>
internal sealed class RouterControlEndpoint(RouteTable routes, Succession succession, TimeProvider time) : RouterControl.RouterControlBase
{
    private const uint Protocol = 2;
    private const int MostDrained = 1000;

    private static readonly TimeSpan LongestDrain = TimeSpan.FromHours(1);

    public override Task<RouterDescription> Describe(DescribeRequest request, ServerCallContext context)
    {
        if (request.Protocol > Protocol)
        {
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition,
                $"This router speaks protocol {Protocol} and was asked for {request.Protocol}: "
                + "replace the router by the newer version first."));
        }

        var description = new RouterDescription { Protocol = Protocol, Pid = Environment.ProcessId };
        description.Routes.AddRange(routes.Describe());
        return Task.FromResult(description);
    }

    public override async Task<RouteStatus> SetRoute(Route request, ServerCallContext context)
    {
        if (RouteRules.FindFault(request) is { } fault)
            throw new RpcException(new Status(StatusCode.InvalidArgument, fault));

        try
        {
            var status = await routes.SetAsync(request, context.CancellationToken);
            Failpoint.Cross("route.answered");
            return status;
        }
        catch (HandedOverException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e, $"Route {request.Id} was not changed");
        }
    }

    public override async Task<RemoveRouteReply> RemoveRoute(RemoveRouteRequest request, ServerCallContext context)
    {
        try
        {
            await routes.RemoveAsync(request.Id, context.CancellationToken);
            return new RemoveRouteReply();
        }
        catch (HandedOverException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e, $"Route {request.Id} was not removed");
        }
    }

    public override async Task<Measurement> Measure(MeasureRequest request, ServerCallContext context)
    {
        try
        {
            return await routes.MeasureAsync(request.Route, context.CancellationToken)
                ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no route {request.Route}: set it first."));
        }
        catch (HandedOverException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    public override async Task<DrainReply> Drain(DrainRequest request, ServerCallContext context)
    {
        if (request.Destinations.Count > MostDrained)
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"Drain at most {MostDrained} destinations at a time."));

        // A route or destination that nothing is known of has nothing in flight.
        var route = routes.Find(request.Route);
        var draining = request.Destinations.Distinct().Select(d => route?.Find(d)).OfType<DestinationState>().ToList();
        if (route is not null && draining.FirstOrDefault(route.Model.Contains) is { } active)
        {
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition,
                $"Destination {active.Id} still gets requests of route {request.Route}: set the route without it, then drain."));
        }

        var within = TimeSpan.FromMilliseconds(Math.Min(request.DeadlineMs, LongestDrain.TotalMilliseconds));
        using var deadline = new CancellationTokenSource(within, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, context.CancellationToken);
        try
        {
            // The router that this one replaced may still carry requests to any destination, uncounted here.
            await succession.Complete.WaitAsync(end.Token);
            await Task.WhenAll(draining.Select(d => d.WhenIdle(end.Token)));
            Failpoint.Cross("drain.waited");
            return new DrainReply { Drained = true };
        }
        catch (OperationCanceledException)
        {
            var left = draining.Sum(d => d.InFlight);
            return new DrainReply { Drained = left == 0 && succession.Complete.IsCompleted, InFlight = left };
        }
    }

    private static RpcException Unusable(Exception cause, string outcome) =>
        new(new Status(StatusCode.FailedPrecondition, $"{outcome}: {cause.Message}"));
}
