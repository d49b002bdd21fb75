using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Router;
using Towpath.Router.Listening;
using Towpath.Router.Sites;

namespace Towpath.Router.Routes;

/// <summary>
/// All routes. Changes come one at a time: the address is bound, the change is on disk, and only then requests follow it.
/// </summary>
internal sealed class RouteTable(
    RouteFile file, ILoggerFactory loggers, TimeProvider time, Func<RouteState, Listener, IHttpApplication<DefaultHttpContext>> traffic)
    : IDisposable
{
    private static readonly TimeSpan DrainOfClosedListener = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly ILogger _log = loggers.CreateLogger("Towpath.Router");
    private ImmutableSortedDictionary<string, RouteState> _routes =
        ImmutableSortedDictionary.Create<string, RouteState>(StringComparer.Ordinal);

    private ImmutableList<RouteState> _leaving = [];
    private bool _handedOver;

    public IEnumerable<RouteStatus> Describe() => _routes.Values.Select(r => r.Describe());

    /// <summary>A route, also one that was removed and whose last requests still run; null when there is none.</summary>
    public RouteState? Find(string id) => _routes.GetValueOrDefault(id) ?? _leaving.FirstOrDefault(r => r.Id == id);

    /// <summary>Takes up the routes on disk. An address that cannot be bound leaves its route waiting for it, the others serve.</summary>
    /// <param name="inherited">Sockets of a router that this one replaces; those that are used are removed.</param>
    public async Task RestoreAsync(Dictionary<IPEndPoint, Socket> inherited, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            foreach (var route in file.Read(warning => _log.LogWarning("{Warning}", warning)))
            {
                var state = new RouteState(route.Id, time);
                state.Follow(route, OpenSiteIfThere(route));
                _routes = _routes.Add(route.Id, state);
                _ = RouteRules.TryParseListen(route.Listen, out var address);
                await ListenAsync(state, inherited.Remove(address, out var socket) ? socket : null);
            }
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Tries again to bind what could not be bound, once a second, until cancelled.</summary>
    public async Task KeepBindingAsync(CancellationToken cancellation)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await ticks.WaitForNextTickAsync(cancellation))
        {
            if (_handedOver || _routes.Values.All(r => r.Listener is not null))
                continue;

            await _change.WaitAsync(cancellation);
            try
            {
                foreach (var state in _routes.Values.Where(r => r.Listener is null))
                    await ListenAsync(state, inherited: null);
            }
            finally
            {
                _change.Release();
            }
        }
    }

    /// <summary>
    /// Replaces one route whole, and renews the lease of its candidate. When its address cannot be bound, nothing changes at
    /// all and the status says why.
    /// </summary>
    /// <exception cref="IOException">The folder of files or routes.json could not be used; nothing changed.</exception>
    public async Task<RouteStatus> SetAsync(Route wanted, CancellationToken cancellation)
    {
        var site = wanted.StaticRoot.Length > 0 ? Site.Open(wanted.StaticRoot, wanted.Release) : null;
        if (!RouteRules.TryParseListen(wanted.Listen, out var address))
            throw new ArgumentException("The route was not checked.", nameof(wanted));

        await _change.WaitAsync(cancellation);
        try
        {
            RefuseWhenHandedOver();
            var state = _routes.GetValueOrDefault(wanted.Id);
            if (state?.Listener is not null && state.Model.Route.Equals(wanted))
            {
                state.RenewLease();
                return state.Describe();
            }

            var former = state?.Listener;
            Socket? bound = null;
            if (former is null || !former.Address.Equals(address))
            {
                (bound, var problem) = Bind(wanted, address);
                if (bound is null)
                    return new RouteStatus { Route = wanted, Listening = false, Problem = problem };
                Failpoint.Cross("route.bound");
            }

            try
            {
                file.Write(_routes.Values.Select(r => r.Model.Route).Where(r => r.Id != wanted.Id).Append(wanted));
            }
            catch
            {
                bound?.Dispose();
                throw;
            }

            // From here on the change is a fact, whether its caller still waits or not.
            if (state is null)
            {
                state = new RouteState(wanted.Id, time);
                _routes = _routes.Add(wanted.Id, state);
            }

            state.Follow(wanted, site);
            state.RenewLease();
            Failpoint.Cross("route.followed");
            if (bound is not null)
            {
                state.Listener = await Listener.StartAsync(address, bound, loggers, listener => traffic(state, listener));
                state.Problem = "";
                if (former is not null)
                    _ = LetGoAsync(former);
            }

            return state.Describe();
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>What was counted about the route, and what it is, at one moment; null when there is none.</summary>
    public async Task<Measurement?> MeasureAsync(string id, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            RefuseWhenHandedOver();
            return _routes.GetValueOrDefault(id)?.Measure();
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Frees the address and forgets the route; requests in flight have 10 s to end. Unknown routes are no error.</summary>
    /// <exception cref="IOException">routes.json could not be written; nothing changed.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            RefuseWhenHandedOver();
            if (!_routes.TryGetValue(id, out var state))
                return;

            file.Write(_routes.Values.Select(r => r.Model.Route).Where(r => r.Id != id));
            _routes = _routes.Remove(id);
            if (state.Listener is not { } listener)
                return;

            _leaving = _leaving.RemoveAll(r => r.Gone.IsCompleted).Add(state);
            state.Gone = LetGoAsync(listener);
            Failpoint.Cross("route.let-go");
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>
    /// Lets another process have the listening sockets. No route changes while <paramref name="give"/> runs, nor ever again
    /// in this process when it succeeds: then nothing is accepted here any more. When it throws, everything goes on.
    /// </summary>
    public async Task HandOverAsync(Action<IEnumerable<(IPEndPoint Address, Socket Socket)>> give, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            var listeners = _routes.Values.Select(r => r.Listener).OfType<Listener>().ToList();
            give(listeners.Select(l => (l.Address, l.Socket)));
            _handedOver = true;
            listeners.ForEach(l => l.LeaveToSuccessor());
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Frees all addresses at once; what is still in flight when <paramref name="deadline"/> is cancelled is cut.</summary>
    public async Task CloseAsync(CancellationToken deadline)
    {
        await _change.WaitAsync(CancellationToken.None);
        try
        {
            await Task.WhenAll(_routes.Values.Select(r => r.Listener?.CloseAsync(deadline) ?? Task.CompletedTask));
            await Task.WhenAll(_leaving.Select(r => r.Gone));
        }
        finally
        {
            _change.Release();
        }
    }

    public void Dispose() => _change.Dispose();

    private (Socket? Socket, string Problem) Bind(Route wanted, IPEndPoint address)
    {
        var holder = _routes.Values.FirstOrDefault(r => r.Id != wanted.Id && r.Listener is { } l && l.Address.Equals(address));
        return holder is null
            ? ListenSocket.Bind(address)
            : (null, $"{address} already belongs to the route {holder.Id}: choose another port for {wanted.Id}.");
    }

    private void RefuseWhenHandedOver()
    {
        if (_handedOver)
            throw new HandedOverException();
    }

    private async Task ListenAsync(RouteState state, Socket? inherited)
    {
        var route = state.Model.Route;
        _ = RouteRules.TryParseListen(route.Listen, out var address);
        var (bound, problem) = inherited is null ? Bind(route, address) : (inherited, "");
        if (bound is null)
        {
            if (problem != state.Problem)
                _log.LogWarning("Route {Route} waits for its address. {Problem}", route.Id, problem);
            state.Problem = problem;
            return;
        }

        state.Listener = await Listener.StartAsync(address, bound, loggers, listener => traffic(state, listener));
        state.Problem = "";
    }

    private Site? OpenSiteIfThere(Route route)
    {
        try
        {
            return route.StaticRoot.Length > 0 ? Site.Open(route.StaticRoot, route.Release) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.LogWarning("Route {Route} answers 503 until it is set again: {Problem}", route.Id, e.Message);
            return null;
        }
    }

    private async Task LetGoAsync(Listener listener)
    {
        using var deadline = new CancellationTokenSource(DrainOfClosedListener, time);
        try
        {
            await listener.CloseAsync(deadline.Token);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _log.LogError(e, "Closing {Address} failed", listener.Address);
        }
    }
}
