using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Agents;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Logs;
using Towpath.Engine.Packages;
using Towpath.Engine.Settings;
using Towpath.Protocol.Archives;
using Towpath.Server;
using Towpath.Server.Access;
using Towpath.Server.Api;
using Towpath.Server.Web;

namespace Towpath.Tests.Server;

/// <summary>The server's API and pages on a real socket, over an engine whose work is scripted.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    public const string Token = "Vf3k-a-token-of-a-test-0123456789";

    public const string ShopPipeline = """
        jobs:
          test:
            steps: [dotnet test]
          publish:
            needs: [test]
            steps: [dotnet publish -o out]
            outputs: { shop: out/ }
        package: publish.shop
        app: { command: ./Shop, health: /healthz }
        environments:
          staging: { listen: 8081, verify: [./smoke.sh] }
          production: { after: [staging], listen: 8080 }
        """;

    private readonly WebApplication app;
    private readonly TestFolder folder;
    private int pushes;

    private RunningServer(WebApplication app, ControlPlane plane, ScriptedWork work, TestFolder folder, ShiftedTime time)
    {
        (this.app, Plane, Work, this.folder, Time) = (app, plane, work, folder, time);
        Client = NewClient();
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public ControlPlane Plane { get; }

    public ScriptedWork Work { get; }

    public LogStore Logs => app.Services.GetRequiredService<LogStore>();

    public SecretStore Secrets => app.Services.GetRequiredService<SecretStore>();

    public LiveHealth Health => app.Services.GetRequiredService<LiveHealth>();

    public LiveInstances Instances => app.Services.GetRequiredService<LiveInstances>();

    public Repositories Repositories => app.Services.GetRequiredService<Repositories>();

    public PackageStore Packages => app.Services.GetRequiredService<PackageStore>();

    public PackageBuilder Builder => app.Services.GetRequiredService<PackageBuilder>();

    public ShiftedTime Time { get; }

    /// <summary>Shows the token and follows no redirects.</summary>
    public HttpClient Client { get; }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<RunningServer> StartAsync(IJournal? journal = null, string? listen = null, DiskRoom? room = null, AgentHub? agents = null)
    {
        var (work, folder, time) = (new ScriptedWork(), new TestFolder(), new ShiftedTime());
        var plane = new ControlPlane(journal ?? new MemoryJournal(), work, time, NullLoggerFactory.Instance, room);
        work.Answer = (command, input) => plane.Loop.Post(StreamId.OfCommand(command.Id), input);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(listen ?? "http://127.0.0.1:0");
        var identity = new ServerIdentity("http://127.0.0.1:7070", Token);
        var store = PackageStore.Open(folder.At("store"));
        builder.Services.AddSingleton(plane).AddSingleton<TimeProvider>(time).AddSingleton(identity)
            .AddSingleton(new LogStore(folder.At("logs"), TimeProvider.System))
            .AddSingleton(SecretStore.Open(folder.At("server"))).AddSingleton(store)
                .AddSingleton(new PackageBuilder(store, TreeArchiveLimits.Default))
            .AddSingleton(new Repositories(folder.At("git"))).AddSingleton<JoinedLogs>().AddSingleton(new LiveHealth(time)).AddSingleton(new LiveInstances(time));
        if (room is not null)
            builder.Services.AddSingleton(room);
        if (agents is not null)
            builder.Services.AddSingleton(agents);
        builder.Services.AddTowpathSecurity().AddTowpathApi().AddTowpathPages();
        var app = builder.Build();
        app.UseTowpathSecurity();
        app.UseTowpathPages();
        app.UseApiProblems();
        app.MapApi();
        app.MapPages();
        plane.Start(time.GetUtcNow());
        await app.StartAsync(Cancel);
        identity.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            .Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        return new RunningServer(app, plane, work, folder, time);
    }

    public Uri Url => new(app.Services.GetRequiredService<ServerIdentity>().Url);

    /// <summary>Shows nothing and follows no redirects.</summary>
    public HttpClient NewClient() =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = Url };

    /// <summary>What a git push of one commit leads to, all the way until nothing moves by itself any more.</summary>
    /// <returns>The run's number.</returns>
    public async Task<int> PushAsync(
        string project, string commit, string subject = "Sell boats", string reference = "refs/heads/main", string? pipeline = null)
    {
        var parsed = PipelineFile.Parse(pipeline ?? ShopPipeline);
        Assert.True(parsed.IsValid, string.Join('\n', parsed.Errors.Select(error => error.At("towpath.yml"))));
        var id = $"push-{Interlocked.Increment(ref pushes)}";
        var stream = StreamId.OfProject(project);
        Assert.Null(await Plane.Loop.AskAsync(
            stream, new AnnouncePush(id, [new RefChange(reference, null, commit, subject, parsed.Pipeline)])));
        Assert.Null(await Plane.Loop.AskAsync(stream, new SettlePush(id, [reference])));
        return Plane.Project(project)!.Requests[^1].Number;
    }

    public Task RunEndsAsync(string project, int run) =>
        Eventually.That(() => Plane.Run(project, run) is { IsOver: true }, $"run {run} of {project} ends");

    public Task GoesLiveAsync(string project, string environment, int run) =>
        Eventually.That(() => Plane.Environment(project, environment) is { Active: null, Live.Candidate.Run: var live }
            && live == run, $"run {run} is live in {environment}");

    /// <summary>More lines of a log, on stdout.</summary>
    /// <param name="first">The number of the first of them.</param>
    public Task LogAsync(string log, long first, bool complete, params string[] lines) => Logs.AppendAsync(
        log, first, [.. lines.Select(line => new LogRecord(1_700_000_000_000_000, 1, Encoding.UTF8.GetBytes(line)))], complete, Cancel);

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Client.GetAsync(path, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null) =>
        Client.PostAsync(path, body is null ? null : JsonContent.Create(body), Cancel);

    /// <summary>The sentence of a problem document with the status that is expected.</summary>
    public static async Task<string> DetailAsync(HttpResponseMessage response, int status)
    {
        var text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        await Plane.DisposeAsync();
        folder.Dispose();
    }
}

/// <summary>The system's time, moved by what a test adds.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long shift;

    public void Add(TimeSpan more) => Interlocked.Add(ref shift, more.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref shift));
}
