using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Towpath.Engine;
using Towpath.Engine.Agents;
using Towpath.Engine.Backups;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Logs;
using Towpath.Engine.Packages;
using Towpath.Engine.Retention;
using Towpath.Engine.Settings;
using Towpath.Protocol.Archives;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Files;
using Towpath.Server.Access;
using Towpath.Server.Api;
using Towpath.Server.Git;
using Towpath.Server.Web;

namespace Towpath.Server;

/// <summary>The control plane as a process: git, the API and the pages on one address, agents on a socket that only the owner can open.</summary>
public static class ServerHost
{
    private const string FromAgent = "towpath.agent";

    /// <summary>Runs until it is told to stop. What is under way on agents goes on and is found again at the next start.</summary>
    /// <exception cref="JournalException">The journal cannot be opened; the message says why.</exception>
    /// <exception cref="IOException">The address is in use, or none of this machine; the message says so.</exception>
    public static async Task RunAsync(ServerSettings settings, CancellationToken stop)
    {
        Directory.CreateDirectory(settings.Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(settings.JournalFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Nothing is read from, or watched in, the folder it happens to be started in: that may be anybody's project, with an appsettings.json.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ServerHost).Assembly.GetName().Name,
            ContentRootPath = settings.JournalFolder,
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Grpc", LogLevel.Error)
            // What ends the host is said by whoever runs it, in a sentence and not with a stack trace.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, settings));
        builder.Services.AddRouting();
        var identity = new ServerIdentity($"http://{settings.Listen}", TokenIn(settings.TokenFile));
        AddEngine(builder.Services, settings);
        builder.Services.AddSingleton(identity);
        builder.Services.AddTowpathSecurity().AddTowpathApi().AddTowpathPages();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = 16 * 1024 * 1024);

        await using var app = builder.Build();
        app.UseTowpathSecurity();
        app.UseTowpathPages();
        app.UseApiProblems();
        app.MapWhen(context => IsAgent(context), agents => agents
            // The pages' answer for unknown paths was chosen already, before this branch: agents have endpoints of their own.
            .Use((context, next) =>
            {
                context.SetEndpoint(null);
                return next(context);
            })
            .UseRouting()
            .UseEndpoints(endpoints => endpoints.MapGrpcService<AgentLinkEndpoint>()));
        app.MapGit(app.Services.GetRequiredService<GitGate>());
        app.MapApi();
        app.MapPages();

        var plane = Wire(app.Services);
        plane.Start(TimeProvider.System.GetUtcNow());
        Failpoint.Cross("server.restored");
        app.Services.GetRequiredService<GitGate>().Start();
        // Only now that the journal is ours: before, it may be the socket of a server that runs.
        File.Delete(settings.AgentSocket);
        await ListenAsync(app, settings, stop);
        Failpoint.Cross("server.listening");
        identity.Url = AddressOf(app, settings);
        WriteEndpoint(settings, identity);
        Failpoint.Cross("server.found");
        await app.WaitForShutdownAsync(stop);
    }

    private static void AddEngine(IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => SqliteJournal.Open(settings.JournalFolder));
        services.AddSingleton<IJournal>(provider => provider.GetRequiredService<SqliteJournal>());
        services.AddSingleton(new BackupPlaces(settings.Data));
        services.AddSingleton<BackupWriter>();
        services.AddSingleton(DiskRoom.Of(settings.Data, settings.LeastFree));
        services.AddSingleton<RunsInUse>();
        services.AddSingleton(settings.Retention);
        services.AddSingleton<Collector>();
        services.AddHostedService<DailyCollection>();
        services.AddSingleton(_ => PackageStore.Open(settings.StoreFolder));
        services.AddSingleton(provider => new PackageBuilder(provider.GetRequiredService<PackageStore>(), TreeArchiveLimits.Default));
        services.AddSingleton(_ => new LogStore(settings.LogsFolder, TimeProvider.System));
        services.AddSingleton(_ => new Repositories(settings.RepositoriesFolder));
        services.AddSingleton<PushResolution>();
        services.AddSingleton(provider =>
        {
            var limits = AgentLimits.Open(settings.JournalFolder);
            if (limits.Problem is { } problem)
                provider.GetRequiredService<ILogger<AgentLimits>>().LogWarning("{Problem}", problem);
            return limits;
        });
        services.AddSingleton<AgentHub>();
        services.AddSingleton<AgentSupplies>();
        services.AddSingleton<Adapters>();
        services.AddSingleton(provider => new ControlPlane(
            provider.GetRequiredService<IJournal>(), provider.GetRequiredService<Adapters>(), TimeProvider.System, provider.GetRequiredService<ILoggerFactory>(),
            provider.GetRequiredService<DiskRoom>()));
        services.AddSingleton(provider => provider.GetRequiredService<ControlPlane>().Loop);
        services.AddSingleton(provider => provider.GetRequiredService<ControlPlane>().Changes);
        services.AddSingleton<LiveProgress>();
        services.AddSingleton<LiveHealth>();
        services.AddSingleton<LiveInstances>();
        services.AddSingleton<AgentLinkEndpoint>();
        services.AddSingleton(provider => new GitGate(
            provider.GetRequiredService<ControlPlane>(), provider.GetRequiredService<Repositories>(), TimeProvider.System, provider.GetRequiredService<ILogger<GitGate>>())
        {
            Progress = provider.GetRequiredService<LiveProgress>().Steps,
            Room = provider.GetRequiredService<DiskRoom>(),
        });
        services.AddSingleton<JoinedLogs>();
        services.AddSingleton(_ => SecretStore.Open(settings.SecretsFolder));
        services.AddSingleton<StepsUnderWay>(provider => provider.GetRequiredService<LiveProgress>().Steps);
    }

    /// <summary>What needs each other in a circle is joined here, once.</summary>
    private static ControlPlane Wire(IServiceProvider services)
    {
        var plane = services.GetRequiredService<ControlPlane>();
        services.GetRequiredService<Adapters>().Loop = plane.Loop;
        services.GetRequiredService<AgentHub>().Ask = plane.Loop.AskAsync;
        return plane;
    }

    private static void Listen(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Listen(settings.Listen);
        kestrel.ListenUnixSocket(settings.AgentSocket, socket =>
        {
            socket.Protocols = HttpProtocols.Http2;
            socket.Use(next => connection =>
            {
                connection.Items[FromAgent] = true;
                return next(connection);
            });
        });
    }

    private static async Task ListenAsync(WebApplication app, ServerSettings settings, CancellationToken stop)
    {
        try
        {
            await app.StartAsync(stop);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            var reason = (e as SocketException ?? e.GetBaseException() as SocketException)?.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the address is in use",
                SocketError.AddressNotAvailable => "it is no address of this machine",
                SocketError.AccessDenied => "this user may not",
                _ => e.Message.TrimEnd('.'),
            };
            throw new IOException($"The server cannot listen at {settings.Listen}: {reason}; choose another address with --listen.", e);
        }
    }

    private static bool IsAgent(HttpContext context) => context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(FromAgent) == true;

    private static string TokenIn(string file)
    {
        if (File.Exists(file))
            return File.ReadAllText(file).Trim();
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        DurableFile.Write(file, Encoding.UTF8.GetBytes(token));
        return token;
    }

    private static string AddressOf(WebApplication app, ServerSettings settings)
    {
        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri : null)
            .First(uri => uri is { Scheme: "http", Port: > 0 } && !uri.Host.Contains("unix", StringComparison.Ordinal))!;
        var address = settings.Listen.Address;
        var reached = address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
        return $"http://{new IPEndPoint(reached, bound.Port)}";
    }

    private static void WriteEndpoint(ServerSettings settings, ServerIdentity identity) => DurableFile.Write(
        settings.EndpointFile,
        JsonSerializer.SerializeToUtf8Bytes(new { url = identity.Url, token = identity.Token, pid = Environment.ProcessId }));
}
