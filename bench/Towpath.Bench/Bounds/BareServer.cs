using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Towpath.Bench.Machine;
using Towpath.Protocol.Agent;

namespace Towpath.Bench.Bounds;

/// <summary>A program of the parts that a Towpath server is made of, which does nothing: ASP.NET Core, YARP, Razor, gRPC, SQLite.</summary>
internal static class BareServer
{
    public const string Verb = "bare-server";

    public static Command CreateVerb()
    {
        var folder = new Option<string>("--folder") { Required = true };
        var port = new Option<int>("--port") { Required = true };
        var verb = new Command(Verb, "A bound of 'server': serves until its standard input ends") { folder, port };
        verb.Hidden = true;
        verb.SetAction(typed => RunAsync(typed.GetRequiredValue(folder), typed.GetValue(port)));
        return verb;
    }

    private static async Task RunAsync(string folder, int port)
    {
        Directory.CreateDirectory(folder);
        await using var database = Open(Path.Combine(folder, "bare.db"));
        var socket = Path.Combine(folder, "grpc.sock");
        File.Delete(socket);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRazorComponents();
        builder.Services.AddGrpc();
        var (routes, clusters) = BareProxy.Configuration("http://127.0.0.1:9");
        builder.Services.AddReverseProxy().LoadFromMemory(
            [.. routes.Select(route => route with { Match = new() { Path = "/app/{**rest}" } })], clusters);
        await using var app = builder.Build();
        app.MapGrpcService<BareLink>();
        app.MapReverseProxy();
        app.MapGet("/healthz", () => TypedResults.Text("ok\n"));
        app.MapGet("/", () => new RazorComponentResult<BarePage>(new { Rows = Count(database) }));
        await app.StartAsync();
        OwnVerb.Ready($"http://127.0.0.1:{port}");
        await OwnVerb.StarterIsGoneAsync();
        await app.StopAsync();
    }

    private static SqliteConnection Open(string file)
    {
        var database = new SqliteConnection($"Data Source={file}");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE IF NOT EXISTS starts (at TEXT NOT NULL);
            INSERT INTO starts VALUES (datetime());
            """;
        command.ExecuteNonQuery();
        return database;
    }

    private static long Count(SqliteConnection database)
    {
        using var command = database.CreateCommand();
        command.CommandText = "SELECT count(*) FROM starts";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Calls that nobody makes.</summary>
    private sealed class BareLink : AgentLink.AgentLinkBase;
}
