using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Towpath.Router.Listening;
using Towpath.Router.Routes;
using Towpath.Router.Sites;
using Yarp.ReverseProxy.Forwarder;

namespace Towpath.Router.Forwarding;

/// <summary>
/// Every request of one route, straight from its listener: there is no pipeline and nothing to look up, because a listener
/// belongs to one route.
/// </summary>
internal sealed class RouteTraffic(RouteState route, Listener listener, Outbound outbound, IServiceProvider services)
    : IHttpApplication<DefaultHttpContext>
{
    // A crash of two instances at once costs no request, and a request that crashes its instance does not visit them all.
    private const int MostAttempts = 3;

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
        DestinationModel? tried = null;
        DestinationModel? triedBefore = null;
        for (var attempt = 1; ; attempt++)
        {
            var destination = attempt <= MostAttempts ? route.EnterNext(tried, triedBefore) : null;
            if (destination is null)
            {
                await Refusal.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, NoInstance);
                return;
            }

            var error = await SendAsync(context, destination);
            if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
                return;

            var failure = context.Features.Get<IForwarderErrorFeature>()?.Exception;
            if (error != ForwarderError.Request || !MayBeSentAgain(context.Request, failure))
            {
                await Refusal.WriteAsync(context, context.Response.StatusCode, "The app did not complete its answer.");
                return;
            }

            // The forwarder takes any other status for an answer that was given.
            context.Response.StatusCode = StatusCodes.Status200OK;
            triedBefore = tried;
            tried = destination;
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
