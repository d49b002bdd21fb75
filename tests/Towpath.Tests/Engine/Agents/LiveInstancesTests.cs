using Towpath.Engine.Agents;
using Towpath.Engine.Views;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Engine.Agents;

/// <summary>What agents tell of their instances, as far as it is believed.</summary>
public sealed class LiveInstancesTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly SetTime time = new(Start);
    private readonly LiveInstances instances;

    public LiveInstancesTests() => instances = new LiveInstances(time);

    [Fact]
    public void What_is_live_comes_first_and_instances_in_the_order_of_their_number()
    {
        Assert.Null(Production);
        Take("local", Web(10), Web(2), Web(0, role: "warm"), Web(0, role: "candidate"), Web(0) with { App = "api" });
        Assert.Equal(
            ["api/0 live", "web/2 live", "web/10 live", "web/0 candidate", "web/0 warm"], Production!.List.Select(one => $"{one.Name} {one.Role}"));
        Assert.Equal(
            new InstanceView("web/2", 7, "live", "healthy", "", Start.AddMinutes(-5), 3, 64 << 20, 4711, 40123, "d12"), Production.List[1]);
    }

    [Fact]
    public void Each_report_takes_the_place_of_the_last_and_none_is_nothing()
    {
        Take("local", Web(0), Web(1));
        Take("local", Web(1));
        Assert.Equal("web/1", Assert.Single(Production!.List).Name);
        Take("local");
        Assert.Null(Production);
        Take("local", Web(0));
        // As an agent does that knows nothing of instances.
        instances.Take("local", new HealthReport());
        Assert.Null(Production);
    }

    [Fact]
    public void Of_an_agent_that_is_silent_nothing_is_shown_but_that()
    {
        Take("local", Web(0));
        time.Pass(LiveInstances.SilentAfter);
        Assert.False(Production!.IsSilent);
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.True(Production!.IsSilent);
        Assert.Empty(Production.List);
        // It has moved to another machine.
        Take("other", Web(3));
        Assert.Equal((false, "web/3"), (Production!.IsSilent, Assert.Single(Production.List).Name));
        Assert.Null(instances.Of("shop", "staging"));
    }

    [Fact]
    public void Nonsense_is_passed_over_or_cut()
    {
        Take("local",
            Web(0) with { App = "" }, Web(0) with { App = new string('x', 1000) }, Web(0) with { App = "a\nb" }, Web(0) with { Index = uint.MaxValue },
            Web(0) with
            {
                Run = uint.MaxValue, Role = "<b>", State = "splendid", Reason = "a\u001b[31m" + new string('x', 100_000), StartedAt = long.MaxValue,
                Restarts = uint.MaxValue, Memory = long.MaxValue, Pid = uint.MaxValue, Port = 70_000, Release = new string('d', 1000),
            });
        var view = Assert.Single(Production!.List);
        Assert.Equal(
            (null, "unknown", "unknown", Start, int.MaxValue, null, null, null),
            (view.Run, view.Role, view.State, view.Since!.Value, view.Restarts, view.Memory, view.Pid, view.Port));
        Assert.Equal((301, 201), (view.Reason.Length, view.Release.Length));
        Assert.DoesNotContain(view.Reason, char.IsControl);
        Take("local", Web(0) with { StartedAt = -1, Run = 0, Memory = -1, Pid = 0, Port = 0 });
        Assert.Equal((null, null, null, null, null), (Production!.List[0].Since, Production.List[0].Run, Production.List[0].Memory, Production.List[0].Pid, Production.List[0].Port));
    }

    [Fact]
    public void Instances_and_agents_are_bounded_and_the_silent_ones_go_first()
    {
        Take("local", [.. Enumerable.Range(0, LiveInstances.InstancesAtMost + 1).Select(index => Web((uint)index))]);
        Assert.Equal(LiveInstances.InstancesAtMost, Production!.List.Count);
        // Those that are well are left out first, and counted.
        Take("local", [.. Enumerable.Range(0, LiveInstances.InstancesAtMost + 1).Select(index => Web((uint)index)), Web(999) with { State = "restarting" }]);
        Assert.Equal((LiveInstances.InstancesAtMost, LiveInstances.InstancesAtMost + 2), (Production!.List.Count, Production.Total));
        Assert.Contains(Production.List, instance => instance.State == "restarting");

        var many = new HealthReport();
        for (var i = 0; i <= LiveInstances.InstancesOfAgentAtMost; i++)
            many.Hosted.Add(Place($"place{i}", Web(0)));
        instances.Take("local", many);
        Assert.NotNull(instances.Of("shop", $"place{LiveInstances.InstancesOfAgentAtMost - 1}"));
        Assert.Null(instances.Of("shop", $"place{LiveInstances.InstancesOfAgentAtMost}"));

        for (var i = 0; i < LiveInstances.AgentsAtMost; i++)
        {
            time.Pass(TimeSpan.FromMilliseconds(1));
            Take($"agent{i}", Web(0));
        }

        Assert.Null(instances.Of("shop", "place0"));
        Take(new string('x', 1000), Web(0));
        Assert.Equal(LiveInstances.InstancesAtMost, Production!.List.Count);
    }

    private InstancesView? Production => instances.Of("shop", "production");

    private void Take(string agent, params Told[] told) =>
        instances.Take(agent, new HealthReport { Hosted = { Place("production", told) } });

    private static EnvironmentInstances Place(string environment, params Told[] told)
    {
        var place = new EnvironmentInstances { Project = "shop", Environment = environment };
        place.Instances.AddRange(told.Select(one => one.Report()));
        return place;
    }

    private static Told Web(uint index, string role = "live") => new(index, role);

    /// <summary>One instance, to be changed in a test.</summary>
    private sealed record Told(uint Index, string Role)
    {
        public string App { get; init; } = "web";

        public string Release { get; init; } = "d12";

        public uint Run { get; init; } = 7;

        public string State { get; init; } = "healthy";

        public string Reason { get; init; } = "";

        public long StartedAt { get; init; } = (Start.AddMinutes(-5) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

        public uint Restarts { get; init; } = 3;

        public uint Pid { get; init; } = 4711;

        public uint Port { get; init; } = 40123;

        public long Memory { get; init; } = 64 << 20;

        public InstanceReport Report() => new()
        {
            App = App, Index = Index, Release = Release, Run = Run, Role = Role, State = State, Reason = Reason, StartedAt = StartedAt,
            Restarts = Restarts, Pid = Pid, Port = Port, Memory = Memory,
        };
    }
}
