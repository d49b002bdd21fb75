using System.Net;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace Towpath.Router.Forwarding;

/// <summary>The side of the router that faces the apps: one pool of connections for all of them.</summary>
internal sealed class Outbound(IHttpForwarder forwarder) : IDisposable
{
    public IHttpForwarder Forwarder { get; } = forwarder;

    public HttpMessageInvoker Client { get; } = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        // The client's traceparent passes through as it is; the router adds no span of its own.
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // Shorter than the 5 s after which the quickest of the common app servers closes an idle connection itself: a
        // request must not meet a connection that is just being closed.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(4),
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
    });

    public HttpTransformer Headers { get; } = new ForwardedHeaders();

    public ForwarderRequestConfig Request { get; } = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // Nothing moved in either direction for this long: also what ends a silent WebSocket or event stream.
        ActivityTimeout = TimeSpan.FromMinutes(10),
    };

    public void Dispose() => Client.Dispose();
}
