using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Towpath.Agent;
using Towpath.Agent.Apps;
using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Archives;
using Towpath.Router;
using Towpath.Tests.Router;

namespace Towpath.Tests.Agent.Apps;

/// <summary>A machine with a real router and an agent's <see cref="AppHost"/>, to which real processes are deployed.</summary>
internal sealed class AppMachine : IAsyncDisposable
{
    private readonly TestFolder folder;
    private readonly RunningRouter router;
    private readonly Dictionary<Digest, byte[]> blobs = [];
    private readonly ConcurrentQueue<string> said = new();
    private int commands;

    private readonly SandboxLevel sandbox;

    private AppMachine(RunningRouter router, TestFolder folder, SandboxLevel sandbox)
    {
        this.router = router;
        this.folder = folder;
        this.sandbox = sandbox;
        Host = NewHost();
    }

    public static string TestApp { get; } = Path.Combine(AppContext.BaseDirectory, "Towpath.TestApp");

    public AppHost Host { get; private set; }

    /// <summary>Where the router takes the requests of the app <c>web</c>.</summary>
    public int Port { get; } = RunningRouter.FreePort();

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Everything that the stages wrote to their log.</summary>
    public string Said => string.Join('\n', said);

    /// <summary>Given out before the free ones.</summary>
    public ConcurrentQueue<int> NextPorts { get; } = new();

    public string Data => folder.Path;

    /// <summary>Called before everything that an agent does outside of itself.</summary>
    public Action<string> Crossing { get; set; } = _ => { };

    public static async Task<AppMachine> StartAsync(SandboxLevel sandbox = SandboxLevel.ProcessGroup)
    {
        var folder = new TestFolder();
        var router = await RunningRouter.StartAsync(new RouterSettings(folder.At("router", "router.sock")[..^"/router.sock".Length]));
        var machine = new AppMachine(router, folder, sandbox);
        await machine.Host.StartAsync(TestContext.Current.CancellationToken);
        return machine;
    }

    public string At(params string[] parts) => folder.At(parts);

    /// <summary>The agent ends, as far as its apps can tell like by SIGKILL, and a new one begins with what is on disk.</summary>
    public async Task RestartAgentAsync(Action? meanwhile = null)
    {
        await Host.DisposeAsync();
        meanwhile?.Invoke();
        Host = NewHost();
        await Host.StartAsync(TestContext.Current.CancellationToken);
    }

    public AppHostOptions Options => new()
    {
        Data = Data,
        Fetch = async (digest, to, cancel) => await to.WriteAsync(blobs[digest], cancel),
        Steps = new StepRunner(sandbox, Data),
        Crossing = Crossing,
        NextPort = taken => NextPorts.TryDequeue(out var port) ? port : FreePorts.Next(taken),
    };

    public async Task<Package> PackAsync(params (string Path, string Content)[] files)
    {
        var app = await LayerAsync("app", files);
        var deploy = await LayerAsync("deploy", [("scripts", "here")]);
        return new Package(Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(app + " " + deploy))), app, deploy, 0);
    }

    /// <summary>The package of a commit that changed nothing of what runs.</summary>
    public async Task<Package> RepackAsync(Package package, string scripts)
    {
        var deploy = await LayerAsync("deploy", [("scripts", scripts)]);
        return new Package(Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(package.App + " " + deploy))), package.App, deploy, 0);
    }

    public void Damage(Digest digest) => blobs[digest][^1] ^= 1;

    /// <summary>A plan for the app <c>web</c>, one instance, listening, healthy at /healthz, unless told otherwise.</summary>
    public async Task<ReleasePlan> PlanAsync(
        string release,
        ValueList<AppDefinition>? apps = null,
        Func<EnvironmentDefinition, EnvironmentDefinition>? change = null,
        params (string Name, string Value)[] variables)
    {
        var definition = new EnvironmentDefinition(
            "production",
            [],
            null,
            OrdinalMap<string>.Empty,
            [],
            [],
            [],
            new AppsTarget(OrdinalMap<string>.Empty.With("web", $"127.0.0.1:{Port}")),
            QueueMode.NewestReady,
            KeepWarm: TimeSpan.FromMinutes(10),
            DrainTimeout: TimeSpan.FromSeconds(5),
            Timeout: TimeSpan.FromMinutes(5));
        return new ReleasePlan(
            "shop",
            "production",
            release,
            int.Parse(release[1..], null),
            new string('a', 40),
            await PackAsync(("marker", release), ("site/index.html", $"site of {release}")),
            apps ?? [Web()],
            change?.Invoke(definition) ?? definition,
            OrdinalMap<string>.From(variables.Select(each => KeyValuePair.Create(each.Name, each.Value))));
    }

    public static ProcessApp Web(int instances = 1, string? command = null, double startSeconds = 20) => new(
        "web",
        "",
        command ?? TestApp,
        Health: "/healthz",
        ReadyAfter: TimeSpan.Zero,
        StartTimeout: TimeSpan.FromSeconds(startSeconds),
        StopTimeout: TimeSpan.FromSeconds(5),
        instances,
        Overlap: true);

    public static ProcessApp Worker(bool overlap) =>
        new("worker", "", TestApp, null, TimeSpan.Zero, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5), 1, overlap);

    public static StepDefinition Step(string command) => new(command, command, OrdinalMap<string>.Empty, TimeSpan.FromMinutes(1), "sh");

    public Task<StageEnded> StartAsync(ReleasePlan plan, params (string Name, string Value)[] secrets) =>
        CarryOutAsync(id => new StartRelease(id, plan), secrets);

    public Task<StageEnded> CheckAsync(ReleasePlan plan, bool verify = true) => CarryOutAsync(id => new CheckRelease(id, plan, verify));

    public Task<StageEnded> ShiftAsync(ReleasePlan plan) => CarryOutAsync(id => new ShiftTraffic(id, plan));

    public Task<StageEnded> WithdrawAsync(ReleasePlan plan, string? backTo) => CarryOutAsync(id => new WithdrawRelease(id, plan, backTo));

    /// <summary>All stages; each has to succeed.</summary>
    public async Task<ReleasePlan> DeployAsync(ReleasePlan plan)
    {
        Succeeded(await StartAsync(plan));
        Succeeded(await CheckAsync(plan));
        Succeeded(await ShiftAsync(plan));
        return plan;
    }

    /// <summary>The line at which the disk is full.</summary>
    public string? NoRoomFor { get; set; }

    public async Task<StageEnded> CarryOutAsync(Func<string, AgentCommand> command, params (string Name, string Value)[] secrets)
    {
        await using var log = new LogWriter((_, _, _, text) =>
        {
            var line = Encoding.UTF8.GetString(text);
            if (line == NoRoomFor)
                throw new IOException("No space left on device");
            said.Enqueue(line);
        });
        var id = $"shop/environments/production/deployments/1/{Interlocked.Increment(ref commands)}";
        return await Host.CarryOutAsync(
            command(id),
            secrets.ToDictionary(each => each.Name, each => each.Value),
            log,
            _ => { },
            TestContext.Current.CancellationToken);
    }

    public static void Succeeded(StageEnded ended) => Assert.Equal(new StageEnded(Outcome.Succeeded, ""), ended);

    /// <summary>What a client gets: <c>d1 0 4711</c> (release, index, pid); <c>503</c> and the like when it is an error.</summary>
    public async Task<string> GetAsync(string path = "/")
    {
        try
        {
            using var response = await Http.GetAsync(new Uri($"http://127.0.0.1:{Port}{path}"), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
                : ((int)response.StatusCode).ToString(null, null);
        }
        catch (HttpRequestException refused)
        {
            return refused.HttpRequestError.ToString();
        }
    }

    public ReleaseStatus? Release(string name) =>
        Host.Describe().SelectMany(environment => environment.Releases).FirstOrDefault(release => release.Release == name);

    public IEnumerable<int> PidsOf(string release) => Release(release)?.Instances.Select(instance => instance.Pid) ?? [];

    public static bool IsAlive(int pid) => ProcessTable.Find(pid) is { IsZombie: false };

    /// <summary>Returns when it is dead.</summary>
    public static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)), $"{pid} outlived KILL");
    }

    public string Events() => File.Exists(At("agent", "apps", "shop", "production", "events.log"))
        ? File.ReadAllText(At("agent", "apps", "shop", "production", "events.log"))
        : "";

    /// <summary>Processes of this machine's instances, whatever became of their parents.</summary>
    public IReadOnlyList<int> AllProcesses() => [.. ProcessTable.All()
        .Where(entry => !entry.IsZombie && ProcessTable.Variable(entry.Id, "TEST_DATA") == Data)
        .Select(entry => entry.Id)];

    public async ValueTask DisposeAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(Said + "\n---\n" + Events());
        await Host.StopAllAsync();
        await Host.DisposeAsync();
        await router.DisposeAsync();
        Http.Dispose();
        folder.Dispose();
    }

    private AppHost NewHost() => new(Options);

    private async Task<Digest> LayerAsync(string name, (string Path, string Content)[] files)
    {
        var source = Directory.CreateDirectory(At("source", Guid.NewGuid().ToString("N"), name));
        foreach (var (path, content) in files)
        {
            var file = new FileInfo(Path.Combine(source.FullName, path));
            file.Directory!.Create();
            await File.WriteAllTextAsync(file.FullName, content);
        }

        using var archive = new MemoryStream();
        await TreeArchive.WriteAsync(source.FullName, archive, TreeArchiveLimits.Default, TestContext.Current.CancellationToken);
        var bytes = archive.ToArray();
        var digest = Digest.Of(SHA256.HashData(bytes));
        blobs[digest] = bytes;
        return digest;
    }
}
