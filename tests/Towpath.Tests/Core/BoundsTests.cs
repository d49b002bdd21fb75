using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Simulation.Histories;

namespace Towpath.Tests.Core;

/// <summary>A state has a largest size, however long its history is.</summary>
public sealed class BoundsTests
{
    [Fact]
    public void States_do_not_grow_with_their_history()
    {
        var journal = new MemoryJournal();
        new History(journal, seed: 5, projects: 1, busy: 40).GrowTo(30_000);
        var replay = new Replay(journal, Rules.OfFlow);
        foreach (var stream in journal.List("shop/environments/", 10).Select(row => StreamId.Parse(row.Stream)))
        {
            var place = (EnvironmentState)replay.InFull(stream).State!;
            Assert.InRange(place.NextDeployment, EnvironmentMachine.DeploymentsKept * 3, int.MaxValue);
            Assert.InRange(place.Deployments.Count(deployment => deployment.IsOver), 1, EnvironmentMachine.DeploymentsKept);
            Assert.InRange(place.Versions.Count, 1, EnvironmentMachine.VersionsKept);
            Assert.Empty(place.HandOvers);
        }

        var project = (ProjectState)replay.InFull(StreamId.OfProject("shop")).State!;
        Assert.InRange(project.NextRun, ProjectMachine.RequestsKept + 1, int.MaxValue);
        Assert.InRange(project.Requests.Count, 1, ProjectMachine.RequestsKept);
        Assert.InRange(project.Refs.Count, 1, 10);
        Assert.Empty(project.Pushes);
    }

    [Fact]
    public void The_oldest_of_very_many_quarantined_versions_is_forgotten()
    {
        var full = EnvironmentState.Empty("shop", "staging") with
        {
            Quarantine = Enumerable.Range(1, EnvironmentMachine.QuarantineKept).Select(number => new Quarantined(Sample.DigestOf($"{number}"), 0, number)).ToValueList(),
        };
        var again = EnvironmentMachine.Evolve(full, Quarantine(1));
        var more = EnvironmentMachine.Evolve(full, Quarantine(EnvironmentMachine.QuarantineKept + 1));

        Assert.Same(full.Quarantine, again.Quarantine);
        Assert.Equal(EnvironmentMachine.QuarantineKept, more.Quarantine.Count);
        Assert.Equal((2, EnvironmentMachine.QuarantineKept + 1), (more.Quarantine[0].Deployment, more.Quarantine[^1].Deployment));
    }

    private static Recorded<EnvironmentEvent> Quarantine(int number) => new(1, Sample.Noon, new PackageQuarantined(Sample.DigestOf($"{number}"), 0, number));
}
