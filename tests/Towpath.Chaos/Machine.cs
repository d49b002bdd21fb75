using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Towpath.Chaos;

/// <summary>A data folder with a server, an agent and a router, each started again as soon as it ends, as <c>towpath up</c> does.</summary>
internal sealed partial class Machine : IAsyncDisposable
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private readonly Dictionary<string, List<Process>> processes = new() { ["server"] = [], ["agent"] = [], ["router"] = [] };
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>What this program writes about them: not on a disk that a test may fill.</summary>
    private readonly string beside = Directory.CreateTempSubdirectory("towpath-chaos-said-").FullName;
    private string listen = "127.0.0.1:0";
    private bool ends;

    private Machine(string data)
    {
        Data = data;
        Crossings = new Crossings(Path.Combine(beside, "crossings"));
    }

    public string Data { get; }

    public Crossings Crossings { get; }

    /// <summary>Where the processes' output lies, and what they crossed.</summary>
    public string Said => beside;

    public string Url => $"http://{listen}";

    public string Token { get; private set; } = "";

    /// <summary>Endings that nobody ordered.</summary>
    public int Ended { get; private set; }

    /// <param name="data">A folder that exists; null: a new one.</param>
    public static async Task<Machine> StartAsync(string? data = null)
    {
        var machine = new Machine(data ?? Directory.CreateTempSubdirectory("towpath-chaos-").FullName);
        machine.Crossings.Begin(null, 0);
        foreach (var name in machine.processes.Keys)
            machine.Launch(name);
        var endpoint = await Until.AsksAsync("the server is up", ReadyWithin, machine.EndpointAsync);
        machine.listen = new Uri(endpoint.GetProperty("url").GetString()!).Authority;
        machine.Token = endpoint.GetProperty("token").GetString()!;
        machine.http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", machine.Token);
        await machine.ReadyAsync();
        return machine;
    }

    public Task ReadyAsync() => Until.TrueAsync("all three are up", ReadyWithin, async () =>
        File.Exists(Path.Combine(Data, "router", "router.sock")) && await http.GetStringAsync(new Uri(Url + "/healthz")) == "ok\n");

    /// <returns>Null when there is no such thing (yet).</returns>
    public async Task<JsonElement?> GetAsync(string path)
    {
        using var answer = await http.GetAsync(new Uri($"{Url}/api/v1/{path}"));
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement : null;
    }

    /// <returns>What an app answers at a port of this machine.</returns>
    public Task<string> AskAsync(int port) => http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"));

    /// <returns>The status, and what was said.</returns>
    public async Task<(int Status, string Text)> PostAsync(string path, object? body = null)
    {
        using var answer = await http.PostAsync(new Uri($"{Url}/api/v1/{path}"), body is null ? null : JsonContent.Create(body));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Processes of that name that run.</summary>
    public int Living(string name)
    {
        lock (gate)
            return processes[name].Count;
    }

    public void Kill(string name) => Tell(name, SigKill);

    public static void KillProcess(int process) => _ = Send(process, SigKill);

    /// <summary>A newer version takes its place: the router beside the old one, the others after it has ended in order.</summary>
    public void Replace(string name)
    {
        if (name == "router")
            Launch(name, "--replace");
        else
            Tell(name, SigTerm);
    }

    /// <summary>Ends everything, and leaves what lies on the disk for people to look at.</summary>
    public async Task LeaveAsync()
    {
        lock (gate)
            ends = true;
        await Ran.Async(Built.Towpath, ["down", "--data", Data], Path.GetTempPath());
        foreach (var process in processes.Values.SelectMany(all => all))
        {
            process.Kill();
            process.Dispose();
        }

        http.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        Directory.Delete(Data, recursive: true);
        Directory.Delete(beside, recursive: true);
    }

    /// <summary>The processes that run as instances of a project's apps: <c>p7/production/d2/web/0@… 4711</c>.</summary>
    public static IReadOnlyList<string> Instances(string project) =>
    [
        .. from folder in Directory.EnumerateDirectories("/proc")
           where int.TryParse(Path.GetFileName(folder), out _)
           from variable in EnvironmentOf(folder).Split('\0')
           where variable.StartsWith($"TOWPATH_INSTANCE={project}/", StringComparison.Ordinal)
           select $"{variable["TOWPATH_INSTANCE=".Length..]} {Path.GetFileName(folder)}",
    ];

    private static string EnvironmentOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private void Tell(string name, int signal)
    {
        lock (gate)
        {
            foreach (var process in processes[name].Where(process => !process.HasExited))
                _ = Send(process.Id, signal);
        }
    }

    private void Launch(string name, params string[] arguments)
    {
        lock (gate)
        {
            if (ends)
                return;
            string[] more = name switch { "server" => ["--listen", listen], "agent" => ["--sandbox", "process-group"], _ => [] };
            // In a session of its own, as 'up' starts it: what is told to the terminal's group is not told to it.
            var process = Ran.Start(
                "setsid", [Built.Towpath, name, "--data", Data, .. more, .. arguments], Data, Crossings.Variables);
            processes[name].Add(process);
            _ = KeepLogAsync(name, process.StandardOutput);
            _ = KeepLogAsync(name, process.StandardError);
            _ = WatchAsync(name, process);
        }
    }

    private async Task WatchAsync(string name, Process process)
    {
        await process.WaitForExitAsync();
        lock (gate)
        {
            if (ends)
                return;
            processes[name].Remove(process);
            process.Dispose();
            if (processes[name].Count > 0)
                return;
            Ended++;
            Launch(name);
        }
    }

    private async Task KeepLogAsync(string name, StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (gate)
            {
                if (!ends)
                    File.AppendAllText(Path.Combine(beside, $"{name}.log"), $"{DateTime.UtcNow:HH:mm:ss.fff} {line}\n");
            }
        }
    }

    private async Task<JsonElement?> EndpointAsync()
    {
        var file = Path.Combine(Data, "endpoint.json");
        if (!File.Exists(file))
            return null;
        var endpoint = JsonDocument.Parse(await File.ReadAllTextAsync(file)).RootElement;
        return await http.GetStringAsync(new Uri(endpoint.GetProperty("url").GetString() + "/healthz")) == "ok\n" ? endpoint : null;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
