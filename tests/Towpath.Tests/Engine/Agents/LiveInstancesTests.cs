using Towpath.Engine.Agents;
using Towpath.Engine.Views;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Engine.Agents;

/// <summary>What agents say of instances, as far as it is sound and new.</summary>
public sealed class LiveInstancesTests
{
    private readonly SetTime time = new(DateTimeOffset.UnixEpoch);
    private readonly LiveInstances instances;

    public LiveInstancesTests() => instances = new LiveInstances(time);

    [Fact]
    public void The_newest_report_holds_until_the_agent_is_silent()
    {
        Assert.Null(instances.Of("shop", "production"));
        time.Pass(TimeSpan.FromSeconds(100));
        Take(Instance(0), Instance(1));
        Take(Instance(0, told =>
        {
            told.AgeMs = 90_500;
            told.Standing = InstanceReport.Types.Standing.Healthy;
            told.Role = InstanceReport.Types.Role.Warm;
            (told.Restarts, told.Port) = (3, 8081);
        }));
        Assert.Equal([new InstanceView("web/0", 7, "warm", "healthy", DateTimeOffset.UnixEpoch.AddSeconds(10), 3, 8081)], instances.Of("shop", "production"));
        Assert.Null(instances.Of("shop", "staging"));
        time.Pass(LiveHealth.SilentAfter);
        Assert.NotNull(instances.Of("shop", "production"));
        time.Pass(TimeSpan.FromSeconds(1));
        Assert.Null(instances.Of("shop", "production"));
    }

    [Fact]
    public void Nonsense_is_passed_over()
    {
        Take(
            Instance(0, told => told.App = new string('x', 1000)), Instance(1, told => told.AgeMs = -1), Instance(2, told => told.AgeMs = long.MaxValue),
            Instance(3, told => told.Port = 70_000), Instance(4, told => told.Run = uint.MaxValue), Instance(uint.MaxValue),
            Instance(5, told => told.Standing = (InstanceReport.Types.Standing)99), Instance(6, told => told.Role = (InstanceReport.Types.Role)(-1)));
        Assert.Null(instances.Of("shop", "production"));
    }

    [Fact]
    public void Instances_and_environments_are_bounded()
    {
        Take([.. Enumerable.Range(0, LiveInstances.InstancesAtMost + 1).Select(index => Instance((uint)index))]);
        Assert.Equal(LiveInstances.InstancesAtMost, instances.Of("shop", "production")!.Count);
        time.Pass(TimeSpan.FromSeconds(1));
        Take([.. Enumerable.Range(0, LiveHealth.EnvironmentsAtMost).Select(place => Instance(0, told => told.Environment = $"place{place}"))]);
        Assert.Null(instances.Of("shop", "production"));
        Assert.NotNull(instances.Of("shop", "place0"));
    }

    private void Take(params InstanceReport[] told) => instances.Take(new HealthReport { Instances = { told } });

    private static InstanceReport Instance(uint index, Action<InstanceReport>? change = null)
    {
        var told = new InstanceReport { Project = "shop", Environment = "production", App = "web", Index = index, Run = 7 };
        change?.Invoke(told);
        return told;
    }
}
