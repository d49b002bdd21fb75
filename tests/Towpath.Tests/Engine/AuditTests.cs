using System.Reflection;
using System.Text.Json.Serialization;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Engine.Views;

namespace Towpath.Tests.Engine;

/// <summary>What people did, read back from a journal that is full of other things.</summary>
public sealed class AuditTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly MemoryJournal journal = new();

    [Fact]
    public void All_types_that_are_looked_for_are_written()
    {
        var written = new[] { typeof(ProjectEvent), typeof(RunEvent), typeof(EnvironmentEvent) }
            .SelectMany(hierarchy => hierarchy.GetCustomAttributes<JsonDerivedTypeAttribute>()).Select(type => (string)type.TypeDiscriminator!);
        Assert.Subset(written.ToHashSet(), AuditView.Types.ToHashSet());
    }

    [Fact]
    public void Every_event_that_names_a_person_is_looked_for()
    {
        var named = new[] { typeof(ProjectEvent), typeof(RunEvent), typeof(EnvironmentEvent) }
            .SelectMany(hierarchy => hierarchy.GetCustomAttributes<JsonDerivedTypeAttribute>())
            .Where(type => type.DerivedType.GetProperty("By") is not null).Select(type => (string)type.TypeDiscriminator!);
        Assert.Subset(AuditView.Types.ToHashSet(), named.ToHashSet());
    }

    [Fact]
    public void What_was_done_long_ago_is_found_without_reading_everything_at_once()
    {
        var staging = StreamId.OfEnvironment("shop", "staging");
        Append(staging, new HoldSet("ann", "Look at it."));
        for (var page = 0; page < 30; page++)
            Append(staging, [.. Enumerable.Repeat<MachineEvent>(new StageBegan(1, Stage.Start, Noon), 4000)]);
        Append(staging, new HoldLifted("ben"));

        var first = Audit.Read(journal, 50);
        Assert.Equal("ben", Assert.Single(first.Views).By);
        Assert.NotNull(first.Next);
        var second = Audit.Read(journal, 50, first.Next);
        var held = Assert.Single(second.Views);
        Assert.Equal(("ann", "held it", "Look at it.", "staging", 1L), (held.By, held.What, held.Why, held.Environment, held.Sequence));
        Assert.Null(second.Next);
        Assert.Empty(Audit.Read(journal, 50, project: "blog").Views);
    }

    [Fact]
    public void What_the_automation_did_is_left_out()
    {
        Append(StreamId.OfEnvironment("shop", "staging"), new HoldSet(EnvironmentMachine.Automation, "It needs a decision."), new WentLive(1));
        Append(StreamId.OfRun("shop", 1), new RunEnded(RunStatus.Canceled, "Run 2 is newer."), new RunEnded(RunStatus.Canceled, "Canceled by cy."));
        var view = Assert.Single(Audit.Read(journal, 50).Views);
        Assert.Equal(("cy", "canceled it", 1), (view.By, view.What, view.Run));
    }

    [Fact]
    public void Who_counted_a_deployment_as_live_that_nobody_had_seen_arrive_is_told()
    {
        Append(StreamId.OfEnvironment("shop", "npm"), new WentLive(3) { AcceptedBy = "ann" }, new Contracted(4) { AcceptedBy = "ben" }, new WentLive(5));
        Assert.Equal(
            [("ben", "counted deployment 4 as done"), ("ann", "counted deployment 3 as live")], Audit.Read(journal, 50).Views.Select(view => (view.By, view.What)));
    }

    private void Append(StreamId stream, params MachineEvent[] events) => journal.Append(
        [.. events.Select((what, index) => EventJson.Write(stream, new Recorded<MachineEvent>(journal.LastSequence + index + 1, Noon, what)))], []);
}
