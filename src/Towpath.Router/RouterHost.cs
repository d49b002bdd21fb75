using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Towpath.Protocol.Failpoints;
using Towpath.Router.Control;
using Towpath.Router.Forwarding;
using Towpath.Router.Replacement;
using Towpath.Router.Routes;
using Yarp.ReverseProxy.Forwarder;

namespace Towpath.Router;

/// <summary>The data plane of one machine: carries the traffic of its apps, with or without anybody there to steer it.</summary>
public static class RouterHost
{
    private const int LongestSocketPath = 107;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;

    private static readonly TimeSpan LastAnswersWithin = TimeSpan.FromSeconds(1);

    /// <summary>After a replacement: clients that are busy learn with their next answer to connect anew, and lose nothing.</summary>
    private static readonly TimeSpan LingerForSuccessor = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Serves until <paramref name="stop"/> is cancelled, then stops accepting, lets requests in flight end
    /// (<see cref="RouterSettings.DrainAtStop"/>) and returns. Returns likewise when another router has taken its place.
    /// </summary>
    /// <exception cref="RouterRefusedException">Another router serves this folder, or a newer one wrote its routes.</exception>
    public static async Task RunAsync(RouterSettings settings, CancellationToken stop)
    {
        Directory.CreateDirectory(settings.Folder, OwnerOnlyFolder);
        if (Encoding.UTF8.GetByteCount(settings.ControlSocket) > LongestSocketPath)
        {
            throw new RouterRefusedException(
                $"{settings.ControlSocket} is longer than the {LongestSocketPath} bytes that a socket's path may have: "
                + "use a data folder with a shorter path.");
        }

        var folder = TryTakeFolder(settings);
        try
        {
            using var predecessor = folder is null && settings.Replace ? ReachPredecessor(settings) : null;
            if (folder is null && predecessor is null)
                throw Taken(settings);

            // As long as router.sock at most, so that the limit above holds for it too, and different for each router.
            var socket = Path.Combine(settings.Folder, $"r.{Random.Shared.Next():x8}");
            await using var app = Build(settings, socket, predecessor?.Gone ?? Task.CompletedTask);
            app.MapGrpcService<RouterControlEndpoint>();
            await app.Services.GetRequiredService<RouteTable>().RestoreAsync(predecessor?.Sockets ?? [], stop);
            Failpoint.Cross("router.restored");
            await ServeAsync(settings, app, socket, TakePlace, () => folder?.Dispose(), stop);

            void TakePlace()
            {
                if (predecessor is null)
                    return;

                predecessor.TakeOver();
                folder = TryTakeFolder(settings) ?? throw Taken(settings);
            }
        }
        finally
        {
            folder?.Dispose();
        }
    }

    private static async Task ServeAsync(
        RouterSettings settings, WebApplication app, string socket, Action takePlace, Action letGo, CancellationToken stop)
    {
        var routes = app.Services.GetRequiredService<RouteTable>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Towpath.Router");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var keepBinding = Task.CompletedTask;
        Task<Socket>? offer = null;
        var linger = TimeSpan.Zero;
        var inPlace = false;
        try
        {
            // Under another name until it answers and only its owner can open it: whoever finds router.sock can use it.
            await app.StartAsync(stop);
            File.SetUnixFileMode(socket, OwnerOnly);
            Failpoint.Cross("router.ready");
            takePlace();
            File.Move(socket, settings.ControlSocket, overwrite: true);
            inPlace = true;
            Failpoint.Cross("router.serving");

            keepBinding = routes.KeepBindingAsync(ending.Token);
            offer = DescriptorMessage.IsSupported
                ? HandoverOffer.MakeAsync(settings.HandoverSocket, routes, letGo, log, ending.Token)
                : new TaskCompletionSource<Socket>().Task.WaitAsync(ending.Token);
            await Task.WhenAny(offer);
            if (!stop.IsCancellationRequested)
            {
                // A broken offer ends the router no more quietly than anything else that is broken.
                await offer;
                linger = LingerForSuccessor;
            }
        }
        finally
        {
            await ending.CancelAsync();
            var replaced = offer is { IsCompletedSuccessfully: true };
            if (inPlace && !replaced)
                File.Delete(settings.ControlSocket);
            await keepBinding.ContinueWith(_ => { }, TaskScheduler.Default);

            using var deadline = new CancellationTokenSource(settings.DrainAtStop + linger, settings.Time);
            // Callers go to the successor, if there is one, with their next call; what was asked here already is answered.
            using var lastAnswers = new CancellationTokenSource(LastAnswersWithin, settings.Time);
            var control = app.StopAsync(lastAnswers.Token);
            await Task.Delay(linger, settings.Time, CancellationToken.None);
            await routes.CloseAsync(deadline.Token);
            await control;
            if (replaced)
                (await offer!).Dispose();
        }
    }

    private static WebApplication Build(RouterSettings settings, string socket, Task predecessorGone)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = settings.Folder });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Logging
            .SetMinimumLevel(LogLevel.Warning)
            // What goes wrong between one client and one app is counted, not written: nobody could read a line a request.
            .AddFilter("Yarp", LogLevel.None)
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });

        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Services.AddGrpc();
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton(settings.Time);
        builder.Services.AddSingleton(new Succession(predecessorGone));
        builder.Services.AddSingleton<Outbound>();
        builder.Services.AddSingleton<RouterControlEndpoint>();
        builder.Services.AddSingleton(services => new RouteTable(
            new RouteFile(settings.RouteFile, settings.Time),
            services.GetRequiredService<ILoggerFactory>(),
            settings.Time,
            (route, listener) => new RouteTraffic(route, listener, services.GetRequiredService<Outbound>(), settings.Time, services)));
        return builder.Build();
    }

    /// <summary>One router a folder: the lock goes with the process, however it ends. Null when another has it.</summary>
    private static FileStream? TryTakeFolder(RouterSettings settings)
    {
        try
        {
            return new FileStream(settings.LockFile, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = OwnerOnly,
            });
        }
        catch (IOException) when (File.Exists(settings.LockFile))
        {
            return null;
        }
    }

    private static Predecessor? ReachPredecessor(RouterSettings settings)
    {
        try
        {
            return Predecessor.TryReach(settings.HandoverSocket);
        }
        catch (IOException e)
        {
            throw new RouterRefusedException(
                $"The router that serves {settings.Folder} did not hand over and serves on: stop it, then start this one. ({e.Message})",
                e);
        }
    }

    private static RouterRefusedException Taken(RouterSettings settings) =>
        new($"Another router already serves {settings.Folder}: stop it first, or give this one a folder of its own.");

    /// <summary>The host by itself would take signals and keep them: when to stop is said by the caller's token alone.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
