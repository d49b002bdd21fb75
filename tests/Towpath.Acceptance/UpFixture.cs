using System.Diagnostics;
using System.Text.Json;
using Towpath.Acceptance;

[assembly: AssemblyFixture(typeof(UpFixture))]

namespace Towpath.Acceptance;

/// <summary>One Towpath that is up, with real processes, for all tests that do not break it.</summary>
public sealed class UpFixture : IAsyncLifetime
{
    private readonly UpTowpath up = new();

    internal UpTowpath Up => up;

    public async ValueTask InitializeAsync() => await up.StartAsync();

    public async ValueTask DisposeAsync() => await up.DisposeAsync();
}

/// <summary>A data folder, and a Towpath that is up in it.</summary>
internal sealed class UpTowpath : IAsyncDisposable
{
    private Process? process;

    public string Data { get; } = Directory.CreateTempSubdirectory("towpath-acc-").FullName;

    public Process Process => process!;

    public string Url => Endpoint.GetProperty("url").GetString()!;

    public string Token => Endpoint.GetProperty("token").GetString()!;

    /// <summary>The token in a file that 'towpath backup --keys' wrote.</summary>
    public static string TokenIn(string keys) => System.Text.Encoding.UTF8.GetString(JsonDocument.Parse(File.ReadAllText(keys)).RootElement
        .GetProperty("files").GetProperty("server/token").GetBytesFromBase64());

    public JsonElement Endpoint => JsonDocument.Parse(File.ReadAllText(Path.Combine(Data, "endpoint.json"))).RootElement;

    /// <returns>What 'up' said: url and signIn.</returns>
    /// <param name="failpoints">The file with what was crossed; null: nothing is written down.</param>
    public async Task<JsonElement> StartAsync(string? folder = null, string? failpoints = null, params string[] more)
    {
        process = Ran.Start(Built.Towpath, ["up", "--data", Data, "--listen", "127.0.0.1:0", "--json", .. more], folder,
            new Dictionary<string, string?> { ["TOWPATH_FAILPOINTS"] = failpoints });
        var said = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        if (said is null)
            Assert.Fail($"'towpath up' ended: {await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        return JsonDocument.Parse(said!).RootElement;
    }

    /// <summary>A client verb with this data folder.</summary>
    public Task<Ran> RunAsync(params string[] arguments) => Ran.Async(Built.Towpath, [.. arguments, "--data", Data]);

    /// <summary>A process of it by name: up, server, agent, router.</summary>
    public int Pid(string name) =>
        int.Parse(
            File.ReadAllText(Path.Combine(Data, "run", name + ".pid")).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    public async Task KillAsync(string name) => await Ran.Async("/bin/sh", ["-c", $"kill -9 {Pid(name)}"]);

    public async Task TerminateAsync(string name) => await Ran.Async("/bin/sh", ["-c", $"kill -TERM {Pid(name)}"]);

    public async ValueTask DisposeAsync()
    {
        await Ran.Async(Built.Towpath, ["down", "--data", Data]);
        process?.Dispose();
        Directory.Delete(Data, recursive: true);
    }
}
