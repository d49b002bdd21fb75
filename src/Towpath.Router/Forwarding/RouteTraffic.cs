using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Towpath.Router.Listening;
using Towpath.Router.Measuring;
using Towpath.Router.Routes;
using Towpath.Router.Sites;
using Towpath.Router.Splitting;
using Yarp.ReverseProxy.Forwarder;

namespace Towpath.Router.Forwarding;

/// <summary>
/// Every request of one route, straight from its listener: there is no pipeline and nothing to look up, because a listener
/// belongs to one route.
/// </summary>
internal sealed class RouteTraffic(
    RouteState route, Listener listener, Outbound outbound, TimeProvider time, IServiceProvider services)
    : IHttpApplication<DefaultHttpContext>
{
    // A crash of two instances at once costs no request, and a request that crashes its instance does not visit them all.
    private const int MostAttempts = 3;

    // Likewise for one that is the candidate's: two of its instances, then two of the baseline's.
    private const int MostOfEach = 2;

    private const string EventStream = "text/event-stream";

    private const string NoInstance = "No instance of this app can be reached right now. Try again in a moment.";

    public DefaultHttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps the context with the connection, so that its next request allocates none.
        if (contextFeatures is not IHostContextContainer<DefaultHttpContext> container)
            return new DefaultHttpContext(contextFeatures);

        if (container.HostContext is { } context)
            context.Initialize(contextFeatures);
        else
            container.HostContext = context = new DefaultHttpContext(contextFeatures);
        return context;
    }

    public Task ProcessRequestAsync(DefaultHttpContext context)
    {
        if (listener.Closing && !context.Request.Headers.ContainsKey("Upgrade"))
            context.Response.Headers.Connection = "close";

        var model = route.Model;
        if (model.Site is null)
            return ForwardAsync(context);

        context.RequestServices = services;
        return ServeAsync(context, model.Site);
    }

    public void DisposeContext(DefaultHttpContext context, Exception? exception) => context.Uninitialize();

    private async Task ServeAsync(DefaultHttpContext context, Site site)
    {
        try
        {
            await site.ServeAsync(context);
        }
        catch (IOException e) when ((e is FileNotFoundException or DirectoryNotFoundException) && !context.Response.HasStarted)
        {
            // The folder went away between the choice of the site and the opening of the file: the route has moved on.
            if (route.Model.Site is { } now && now != site)
                await now.ServeAsync(context);
            else
                await Refusal.WriteAsync(context, StatusCodes.Status404NotFound, "There is no such page.");
        }
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var begun = time.GetTimestamp();
        var destination = route.EnterFirst(context, begun, out var assigned);
        var candidate = assigned.ToCandidate ? assigned.Arm.State : null;
        var most = candidate is null ? MostAttempts : MostOfEach;
        DestinationModel? tried = null;
        DestinationModel? triedBefore = null;
        for (var attempt = 1; ; attempt++)
        {
            if (destination is null && candidate is not null)
            {
                // The user gets an answer as if there were no candidate, and never the other way round: what the version
                // that is live cannot answer is no business of one that is being tried.
                candidate = null;
                (attempt, most, tried, triedBefore) = (1, MostOfEach, null, null);
                destination = route.EnterNext(null, null, null);
            }

            var leftCandidate = assigned.ToCandidate && candidate is null;
            if (destination is null)
            {
                Count(context, assigned, leftCandidate, Outcome.Incomplete, begun);
                await Refusal.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, NoInstance);
                return;
            }

            var error = await SendAsync(context, destination);
            if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            {
                Count(context, assigned, leftCandidate, OutcomeOf(context, error), begun);
                return;
            }

            var failure = context.Features.Get<IForwarderErrorFeature>()?.Exception;
            if (error != ForwarderError.Request || !MayBeSentAgain(context.Request, failure))
            {
                Count(context, assigned, leftCandidate, OutcomeOf(context, error), begun);
                await Refusal.WriteAsync(context, context.Response.StatusCode, "The app did not complete its answer.");
                return;
            }

            // The forwarder takes any other status for an answer that was given.
            context.Response.StatusCode = StatusCodes.Status200OK;
            triedBefore = tried;
            tried = destination;
            destination = attempt < most ? route.EnterNext(candidate, tried, triedBefore) : null;
        }
    }

    private async ValueTask<ForwarderError> SendAsync(HttpContext context, DestinationModel destination)
    {
        var state = destination.State;
        state.CountRequest();
        try
        {
            var error = await outbound.Forwarder.SendAsync(
                context, destination.Address, outbound.Client, outbound.Request, outbound.Headers);
            if (context.Response.StatusCode >= 500 || error == ForwarderError.ResponseBodyDestination)
            {
                if (!context.RequestAborted.IsCancellationRequested)
                    state.CountFailure();
            }

            return error;
        }
        finally
        {
            state.Leave();
        }
    }

    /// <summary>
    /// Once for each request, for the version that it was given to. How long it took is the time until all of the answer was
    /// passed on: a version that sends its headers at once and is slow with what follows is slow to whoever waits for it. Large
    /// answers to slow clients take long with both versions, and the comparison is between the two.
    /// </summary>
    /// <param name="leftCandidate">It was the candidate's, and the baseline had to be asked: that is the candidate's failure.</param>
    private void Count(HttpContext context, Assignment assigned, bool leftCandidate, Outcome outcome, long begun)
    {
        var measures = assigned.Arm.State.Measures;
        var response = context.Response;
        var failed = leftCandidate
            || outcome == Outcome.Incomplete
            || (outcome == Outcome.Answered && response.StatusCode >= StatusCodes.Status500InternalServerError);
        if (assigned.OfTester)
            measures.CountTester(failed);
        else if (leftCandidate)
            measures.CountIncomplete();
        else if (response.StatusCode == StatusCodes.Status101SwitchingProtocols)
            measures.CountUpgrade(failed);
        else if (response.ContentType is { } type && type.StartsWith(EventStream, StringComparison.OrdinalIgnoreCase))
            measures.CountStream(failed);
        else if (outcome == Outcome.Aborted)
            measures.CountAborted();
        else if (outcome == Outcome.Incomplete)
            measures.CountIncomplete();
        else
            measures.CountAnswer(response.StatusCode, time.GetElapsedTime(begun));
    }

    private static Outcome OutcomeOf(HttpContext context, ForwarderError error) => error switch
    {
        ForwarderError.None => Outcome.Answered,
        ForwarderError.RequestBodyClient or ForwarderError.ResponseBodyClient
            or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient => Outcome.Aborted,
        // Also what ends an exchange on which nothing moves. Other errors are not looked at like that: cutting an answer that
        // the app did not complete looks as if the client had gone.
        ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled
            or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeResponseCanceled
            when context.RequestAborted.IsCancellationRequested => Outcome.Aborted,
        _ => Outcome.Incomplete,
    };

    /// <summary>
    /// True when the app cannot have acted on the request: the connection to it was never made, or the method is one that
    /// asks for nothing to be done.
    /// </summary>
    private static bool MayBeSentAgain(HttpRequest request, Exception? failure)
    {
        if (failure is not HttpRequestException sending)
            return false;
        if (sending.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            return true;

        var lost = sending.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.ResponseEnded
            || sending.InnerException is IOException { InnerException: SocketException };
        return lost
            && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
            && request.ContentLength is null or 0
            && !request.Headers.ContainsKey("Transfer-Encoding")
            && !request.Headers.ContainsKey("Upgrade");
    }
}
