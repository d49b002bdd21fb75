using System.Collections.Concurrent;

namespace Towpath.Tests.Agent.Apps;

/// <summary>Requests without a pause from several clients, counted until it ends.</summary>
internal sealed class Load : IAsyncDisposable
{
    private const int Clients = 4;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<string, int> answers = [];
    private readonly Task clients;

    private Load(AppMachine machine) => clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
    {
        while (!stop.IsCancellationRequested)
            answers.AddOrUpdate((await machine.GetAsync()).Split(' ')[0], 1, (_, count) => count + 1);
    })));

    public static Load On(AppMachine machine) => new(machine);

    /// <summary>Waits for a few requests more, then ends.</summary>
    public async Task EndsWithoutFailureAsync(string? answeredOnlyBy = null)
    {
        var enough = answers.Values.Sum() + (10 * Clients);
        await Eventually.That(() => answers.Values.Sum() >= enough, "requests go on");
        await stop.CancelAsync();
        await clients;
        Assert.All(answers.Keys, answer => Assert.Matches("^d[0-9]+$", answer));
        if (answeredOnlyBy is not null)
            Assert.Equal([answeredOnlyBy], answers.Keys);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await clients;
        stop.Dispose();
    }
}
