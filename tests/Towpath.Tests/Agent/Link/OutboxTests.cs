using Towpath.Agent.Link;
using Towpath.Agent.Logs;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Agent.Link;

public sealed class OutboxTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Of_figures_only_the_newest_are_sent_and_only_once()
    {
        var outbox = new Outbox(new SpoolFolder(folder.At("spool"), TimeProvider.System), new AnswerFolder(folder.At("answers")), TimeProvider.System);
        outbox.Tell(new HealthReport());
        Assert.Empty(outbox.Take());
        outbox.Tell(Report(1));
        outbox.Tell(Report(2));
        Assert.Equal(2, Assert.Single(outbox.Take()).Health.Environments[0].Requests);
        Assert.Empty(outbox.Take());
        // That nothing runs any more is told too.
        outbox.Tell(new HealthReport { Hosted = { new EnvironmentInstances { Project = "shop", Environment = "production" } } });
        Assert.Single(outbox.Take());
    }

    private static HealthReport Report(long requests) => new() { Environments = { new EnvironmentHealth { Project = "shop", Environment = "production", Requests = requests } } };
}
