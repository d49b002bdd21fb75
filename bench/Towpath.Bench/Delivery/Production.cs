using System.Globalization;
using Microsoft.Data.Sqlite;
using Towpath.Bench.Machine;
using Towpath.Engine.Views;

namespace Towpath.Bench.Delivery;

/// <summary>An environment into which one version after the other goes, under load, with every process real.</summary>
internal sealed class Production : IAsyncDisposable
{
    public const string Environment = "production";
    private const int HistoryAtMost = 5;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Usually = TimeSpan.FromMinutes(2);

    private readonly TowpathApi api;
    private readonly SourceTree source;
    private readonly int port;
    private int runs;

    private Production(Parts parts, TowpathApi api, SourceTree source, int port, int perSecond)
    {
        (Parts, this.api, this.source, this.port) = (parts, api, source, port);
        Visitors = new Visitors(new Uri($"http://{TowpathProgram.Local(port)}/"), perSecond);
    }

    public Parts Parts { get; }

    public Visitors Visitors { get; }

    /// <param name="perSecond">Requests, once the visitors come.</param>
    public static async Task<Production> OpenAsync(TowpathProgram program, Place place, int perSecond, CancellationToken cancel)
    {
        var parts = await Parts.StartAsync(program, place.At("towpath"), cancel);
        var source = await SourceTree.CreateAsync(place.At("source"), "", files: 0, cancel);
        return new Production(parts, new TowpathApi(parts.Data), source, TowpathProgram.FreePort(), perSecond);
    }

    /// <summary>Pushes a version, which has a package of its own.</summary>
    /// <param name="errors">Of its requests, 0 to 1.</param>
    /// <param name="more">Keys of the environment: <c>rollout: { canary: [10%] }</c>; none when empty.</param>
    /// <returns>The number of its run.</returns>
    public async Task<int> PushAsync(double errors, string more, CancellationToken cancel)
    {
        await source.WriteAsync(DeployedApp.ErrorsFile, errors.ToString(CultureInfo.InvariantCulture), cancel);
        await source.WriteAsync("towpath.yml", $$"""
            jobs:
              build: { steps: ["test -f errors"] }
            package: .
            app: { command: 'exec "{{System.Environment.ProcessPath}}" {{DeployedApp.Verb}}', health: {{DeployedApp.Health}} }
            environments:
              {{Environment}}: { listen: {{port}}{{(more.Length > 0 ? ", " : "")}}{{more}} }
            """, cancel);
        await source.CommitAsync(cancel);
        await source.PushAsync(api.Remote, cancel);
        return ++runs;
    }

    /// <summary>The first version, and visitors from then on.</summary>
    public async Task BeginAsync(double errors, CancellationToken cancel)
    {
        var first = await EndAsync(await PushAsync(errors, "", cancel), Usually, cancel);
        if (first.State != "live")
            throw new InvalidOperationException($"The first version is {first.State}: {first.Reason}");
        Visitors.Come();
    }

    /// <summary>Waits until the deployment of a run is over, or waits for a person.</summary>
    public Task<DeploymentView> EndAsync(int run, TimeSpan within, CancellationToken cancel) =>
        UntilAsync(run, "over", within, deployment => deployment.EndedAt is not null || deployment.State == "paused", cancel);

    /// <summary>Waits until the new version has had so many requests, or is over.</summary>
    public Task<DeploymentView> TriedAsync(int run, int requests, CancellationToken cancel) => UntilAsync(
        run, "tried", Usually, deployment => deployment.EndedAt is not null || Visitors.CountOf(ReleaseOf(deployment)) >= requests, cancel);

    /// <summary>Waits until something is so of the newest deployment of a run.</summary>
    /// <param name="what">Ends the sentence "… is not …".</param>
    /// <exception cref="InvalidOperationException">It was not in time.</exception>
    public async Task<DeploymentView> UntilAsync(
        int run, string what, TimeSpan within, Func<DeploymentView, bool> isSo, CancellationToken cancel)
    {
        DeploymentView? found = null;
        await UntilAsync($"the deployment of run {run} is not {what}", within, shown =>
        {
            found = (shown.Deployment is { } latest && latest.Run == run ? latest : null)
                ?? shown.History.Where(each => each.Run == run).MaxBy(each => each.Number);
            return found is not null && isSo(found);
        }, cancel);
        return found!;
    }

    /// <summary>Waits until something is so of the environment.</summary>
    /// <param name="wrong">What is wrong when it does not become so.</param>
    /// <exception cref="InvalidOperationException">It was not in time.</exception>
    public async Task<EnvironmentView> UntilAsync(string wrong, TimeSpan within, Func<EnvironmentView, bool> isSo, CancellationToken cancel)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var shown = await api.EnvironmentAsync(Environment, HistoryAtMost, cancel);
            if (shown is not null && isSo(shown))
                return shown;
            if (TimeProvider.System.GetElapsedTime(begun) > within)
                throw new InvalidOperationException($"{wrong} after {within.TotalSeconds:0} s; it is {shown?.Deployment?.State}: {shown?.Deployment?.Reason}");
            await Task.Delay(Look, cancel);
        }
    }

    /// <summary>Lets all traffic go to the version under way.</summary>
    public Task AdvanceAsync(CancellationToken cancel) => api.TellAsync(Environment, "advance", cancel);

    /// <summary>Goes back by hand, waits until that is done, and lifts the hold.</summary>
    public async Task RollBackAsync(CancellationToken cancel)
    {
        await api.TellAsync(Environment, "rollback", cancel);
        await UntilAsync("the rollback is not over", Usually, shown =>
            shown is { Deployment: { Kind: "rollback", State: "live" }, Waiting.Count: 0 }, cancel);
        await api.TellAsync(Environment, "resume", cancel);
    }

    /// <summary>When the newest event of a kind was recorded, by the server's journal.</summary>
    /// <param name="kind">As the journal calls it: <c>withdrawal-began.v1</c>.</param>
    public DateTime RecordedAt(string kind)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(Parts.Data, "server", "journal.db"),
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ToString());
        connection.Open();
        using var newest = connection.CreateCommand();
        newest.CommandText = "SELECT at FROM events WHERE type = $type ORDER BY sequence DESC LIMIT 1";
        newest.Parameters.AddWithValue("$type", kind);
        return newest.ExecuteScalar() is long at
            ? DateTime.UnixEpoch.AddTicks(at)
            : throw new InvalidOperationException($"The journal has no {kind}.");
    }

    /// <summary>What the agent and the app call the version of a deployment.</summary>
    public static string ReleaseOf(DeploymentView deployment) => string.Create(CultureInfo.InvariantCulture, $"d{deployment.Number}");

    public async ValueTask DisposeAsync()
    {
        await Visitors.DisposeAsync();
        api.Dispose();
        await Parts.DisposeAsync();
    }
}
