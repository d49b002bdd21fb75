using Grpc.Core;
using Grpc.Net.Client;
using Towpath.Protocol;
using Towpath.Protocol.Agent;
using Towpath.Protocol.Measures;

namespace Towpath.Bench.Machine;

/// <summary>An agent that tells figures of environments and does nothing else: as if all of them had visitors.</summary>
internal sealed class BusyEnvironments : IAsyncDisposable
{
    private const int Interval = 5;
    private const int Samples = 60;
    private readonly GrpcChannel channel;
    private readonly AsyncDuplexStreamingCall<FromAgent, ToAgent> call;
    private readonly CancellationTokenSource over = new();
    private readonly Random random = new(1);
    private readonly List<(string Project, string Environment, double Rate, double Errors, double Milliseconds)> places;
    private Task telling = Task.CompletedTask;

    private BusyEnvironments(string socket, string token, IEnumerable<(string Project, string Environment)> environments)
    {
        channel = UnixChannel.Open(socket);
        call = new AgentLink.AgentLinkClient(channel).Connect(new Metadata { { "authorization", $"Bearer {token}" } });
        places = [.. environments.Select(place => (
            place.Project, place.Environment, Math.Exp(random.NextDouble() * 6), random.Next(4) == 0 ? random.NextDouble() / 50 : 0, Math.Exp(1 + (random.NextDouble() * 5))))];
    }

    /// <summary>The figures of the last five minutes are there when this returns, and stay fresh until it is disposed.</summary>
    public static async Task<BusyEnvironments> StartAsync(
        (string Socket, string Token) door, IEnumerable<(string Project, string Environment)> environments, CancellationToken cancel)
    {
        var busy = new BusyEnvironments(door.Socket, door.Token, environments);
        await busy.call.RequestStream.WriteAsync(new FromAgent { Hello = new Hello { Protocol = 1, Name = "busy", Version = "0", Slots = 1 } }, cancel);
        await busy.call.ResponseStream.MoveNext(cancel);
        for (var sample = 0; sample < Samples; sample++)
            await busy.TellAsync();
        busy.telling = busy.KeepTellingAsync();
        return busy;
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await telling;
        call.Dispose();
        channel.Dispose();
        over.Dispose();
    }

    private async Task KeepTellingAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(Interval), over.Token);
                await TellAsync();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private Task TellAsync()
    {
        var report = new HealthReport();
        report.Environments.AddRange(places.Select(Sample));
        return call.RequestStream.WriteAsync(new FromAgent { Health = report });
    }

    private EnvironmentHealth Sample((string Project, string Environment, double Rate, double Errors, double Milliseconds) place)
    {
        var requests = (long)(place.Rate * Interval * (0.5 + random.NextDouble()));
        var health = new EnvironmentHealth
        {
            Project = place.Project,
            Environment = place.Environment,
            SpanMs = Interval * 1000,
            Requests = requests,
            Failures = (long)(requests * place.Errors * random.NextDouble()),
        };
        var latency = new SortedDictionary<int, long>();
        for (var i = 0; i < 40; i++)
        {
            var bucket = LatencyBuckets.IndexOf((long)(place.Milliseconds * 1000 * Math.Exp(random.NextDouble() * 2)));
            latency[bucket] = latency.GetValueOrDefault(bucket) + 1 + (requests / 40);
        }

        health.Buckets.AddRange(latency.Keys.Select(bucket => (uint)bucket));
        health.Counts.AddRange(latency.Values);
        return health;
    }
}
