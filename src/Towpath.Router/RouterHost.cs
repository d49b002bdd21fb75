using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Towpath.Router.Control;
using Towpath.Router.Forwarding;
using Towpath.Router.Routes;
using Yarp.ReverseProxy.Forwarder;

namespace Towpath.Router;

/// <summary>The data plane of one machine: carries the traffic of its apps, with or without anybody there to steer it.</summary>
public static class RouterHost
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>
    /// Serves until <paramref name="stop"/> is cancelled, then stops accepting, lets requests in flight end
    /// (<see cref="RouterSettings.DrainAtStop"/>) and returns.
    /// </summary>
    /// <exception cref="RouterRefusedException">Another router serves this folder, or a newer one wrote its routes.</exception>
    public static async Task RunAsync(RouterSettings settings, CancellationToken stop)
    {
        Directory.CreateDirectory(settings.Folder, OwnerOnlyFolder);
        using var only = TakeFolder(settings);

        var socket = $"{settings.ControlSocket}.{Environment.ProcessId}";
        File.Delete(socket);
        await using var app = Build(settings, socket);
        var routes = app.Services.GetRequiredService<RouteTable>();
        app.MapGrpcService<RouterControlEndpoint>();

        using var binding = new CancellationTokenSource();
        await routes.RestoreAsync(stop);
        var keepBinding = routes.KeepBindingAsync(binding.Token);
        try
        {
            // Under another name until it answers and only its owner can open it: whoever finds router.sock can use it.
            await app.StartAsync(stop);
            File.SetUnixFileMode(socket, OwnerOnly);
            File.Move(socket, settings.ControlSocket, overwrite: true);

            await Stopped(stop);
        }
        finally
        {
            File.Delete(settings.ControlSocket);
            await binding.CancelAsync();
            await keepBinding.ContinueWith(_ => { }, TaskScheduler.Default);

            using var deadline = new CancellationTokenSource(settings.DrainAtStop, settings.Time);
            await routes.CloseAsync(deadline.Token);
            await app.StopAsync(new CancellationToken(canceled: true));
        }
    }

    private static WebApplication Build(RouterSettings settings, string socket)
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
        builder.Services.AddSingleton<Outbound>();
        builder.Services.AddSingleton<RouterControlEndpoint>();
        builder.Services.AddSingleton(services => new RouteTable(
            new RouteFile(settings.RouteFile, settings.Time),
            services.GetRequiredService<ILoggerFactory>(),
            settings.Time,
            (route, listener) => new RouteTraffic(route, listener, services.GetRequiredService<Outbound>(), services)));
        return builder.Build();
    }

    /// <summary>One router a folder: the lock goes with the process, however it ends.</summary>
    private static FileStream TakeFolder(RouterSettings settings)
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
        catch (IOException e) when (File.Exists(settings.LockFile))
        {
            throw new RouterRefusedException(
                $"Another router already serves {settings.Folder}: stop it first, or give this one a folder of its own.", e);
        }
    }

    private static async Task Stopped(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => stopped.TrySetResult());
        await stopped.Task;
    }

    /// <summary>The host by itself would take signals and keep them: when to stop is said by the caller's token alone.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
