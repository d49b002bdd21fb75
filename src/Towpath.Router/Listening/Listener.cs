using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Towpath.Router.Listening;

/// <summary>
/// One address that is listened to: a small Kestrel of its own, so that addresses come and go without touching each other.
/// </summary>
internal sealed class Listener : IDisposable
{
    private const int MostConnections = 20_000;

    private readonly Acceptor _acceptor;
    private readonly KestrelServer _kestrel;
    private volatile bool _closing;

    private Listener(IPEndPoint address, Socket socket, ILoggerFactory loggers)
    {
        Address = address;
        Socket = socket;
        _acceptor = new Acceptor(socket, loggers);
        _kestrel = new KestrelServer(Options.Create(Limits(address)), _acceptor, loggers);
    }

    public IPEndPoint Address { get; }

    public Socket Socket { get; }

    /// <summary>True from the moment on when no connection is accepted: each response then tells its client to connect anew.</summary>
    public bool Closing => _closing;

    /// <summary>Takes over a socket that listens already and serves what comes in through it.</summary>
    public static async Task<Listener> StartAsync(
        IPEndPoint address, Socket socket, ILoggerFactory loggers, Func<Listener, IHttpApplication<DefaultHttpContext>> application)
    {
        var listener = new Listener(address, socket, loggers);
        await listener._kestrel.StartAsync(application(listener), CancellationToken.None);
        return listener;
    }

    /// <summary>
    /// Frees the address at once. Requests in flight go on until <paramref name="deadline"/> is cancelled; what is left
    /// then is cut.
    /// </summary>
    public async Task CloseAsync(CancellationToken deadline)
    {
        _closing = true;
        await _acceptor.UnbindAsync(CancellationToken.None);
        await _kestrel.StopAsync(deadline);
        Dispose();
    }

    public void Dispose() => _kestrel.Dispose();

    /// <summary>Stops accepting without closing the socket, which another process has as well by now.</summary>
    public void LeaveToSuccessor()
    {
        _closing = true;
        _acceptor.LeaveToSuccessor();
    }

    private static KestrelServerOptions Limits(IPEndPoint address)
    {
        var options = new KestrelServerOptions
        {
            AddServerHeader = false,
            // Header bytes pass through as they are, whatever their encoding.
            RequestHeaderEncodingSelector = _ => Encoding.Latin1,
            ResponseHeaderEncodingSelector = _ => Encoding.Latin1,
        };

        // How large a body may be, and how slowly it may come, is the app's business; a connection on which nothing moves
        // at all is ended by the forwarder's activity timeout.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxRequestLineSize = 16 * 1024;
        options.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.Limits.MaxConcurrentUpgradedConnections = MostConnections;
        options.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        return options;
    }

    /// <summary>
    /// Gives Kestrel the socket that was bound beforehand, and can stop accepting while connections go on, which Kestrel by
    /// itself only does as one with closing them.
    /// </summary>
    private sealed class Acceptor(Socket socket, ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListener
    {
        private readonly SocketTransportFactory _sockets = new(
            Options.Create(new SocketTransportOptions { CreateBoundListenSocket = _ => socket, Backlog = ListenSocket.Backlog }), loggers);

        private readonly CancellationTokenSource _shared = new();
        private IConnectionListener? _inner;

        public EndPoint EndPoint => _inner!.EndPoint;

        public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            _inner = await _sockets.BindAsync(endpoint, cancellationToken);
            return this;
        }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return await _inner!.AcceptAsync(_shared.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }

        /// <summary>Only this process stops: closing the socket properly would end it for the successor as well.</summary>
        public void LeaveToSuccessor() => _shared.Cancel();

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) =>
            _inner is null || _shared.IsCancellationRequested ? ValueTask.CompletedTask : _inner.UnbindAsync(cancellationToken);

        public async ValueTask DisposeAsync()
        {
            if (_inner is not null)
                await _inner.DisposeAsync();
            _shared.Dispose();
        }
    }
}
