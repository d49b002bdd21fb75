using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Towpath.Chaos;

namespace Towpath.Acceptance;

/// <summary>Promise 2: what a push was told is on the disk. The kernel's own calls are looked at, of the server and of every git.</summary>
public sealed class DurablePushTests : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly string data = Directory.CreateTempSubdirectory("towpath-sync-").FullName;
    private Process? traced;

    private string Trace => Path.Combine(data, "trace");

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(data, "endpoint.json")))
            await Ran.Async("kill", [Endpoint().GetProperty("pid").GetInt32().ToString(CultureInfo.InvariantCulture)]);
        if (traced is not null)
            await traced.WaitForExitAsync(CancellationToken.None);
        traced?.Dispose();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_push_is_acknowledged_only_after_ref_objects_and_journal_were_synced()
    {
        traced = Ran.Start("strace", [
            "-f", "-yy", "-s", "8192", "-o", Trace, "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,sendmsg,sendto",
            Built.Towpath, "server", "--data", data, "--listen", "127.0.0.1:0",
        ]);
        await Until.TrueAsync("the server is up", Soon, () => Task.FromResult(File.Exists(Path.Combine(data, "endpoint.json"))));
        using var repository = new PushingRepository(
            Endpoint().GetProperty("url").GetString()!, Endpoint().GetProperty("token").GetString()!, "sync", () => Task.CompletedTask);

        Assert.Empty(await SyncedByAsync(repository, "One"));

        // Without git's part in it the same test finds what is missing: the server alone does not sync for git.
        foreach (var config in (string[])["git/config", "git/sync.git/config"])
        {
            var file = Path.Combine(data, config);
            await File.WriteAllTextAsync(
                file,
                (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace("fsync = all", "fsync = none", StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
        }

        Assert.Equal(
            ["the objects, before the ref is moved", "the ref's content, before it is moved"], await SyncedByAsync(repository, "Two"));
    }

    /// <summary>Pushes a commit.</summary>
    /// <returns>What was answered before it was synced.</returns>
    private async Task<IReadOnlyList<string>> SyncedByAsync(PushingRepository repository, string message)
    {
        var before = (await File.ReadAllLinesAsync(Trace, TestContext.Current.CancellationToken)).Length;
        await repository.CommitAsync(("towpath.yml", "jobs:\n  build: { steps: [make] }\n"), ("version", message));
        var pushed = await repository.TryPushAsync();
        Assert.True(pushed.Code == 0, pushed.Output);
        SyncTrace? trace = null;
        await Until.TrueAsync("the answer is in the trace", Soon, async () =>
            (trace = new SyncTrace((await ReadAsync()).Skip(before))).IsAnswered);
        return trace!.Missing();
    }

    /// <summary>While strace writes it.</summary>
    private async Task<string[]> ReadAsync()
    {
        await using var file = new FileStream(Trace, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return (await reader.ReadToEndAsync()).Split('\n');
    }

    private JsonElement Endpoint() => JsonDocument.Parse(File.ReadAllText(Path.Combine(data, "endpoint.json"))).RootElement;
}
