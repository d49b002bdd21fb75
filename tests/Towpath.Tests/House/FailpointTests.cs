using System.Text.RegularExpressions;
using Towpath.Protocol.Failpoints;

namespace Towpath.Tests.House;

/// <summary>The list of the places at which a process can be killed, beside the source.</summary>
public sealed partial class FailpointTests
{
    private const string Lists = "src/Towpath.Protocol/Failpoints/FailpointNames.cs";

    [Fact]
    public void List_and_source_name_the_same_failpoints() =>
        Assert.Equal(FailpointNames.All.Order(StringComparer.Ordinal), Crossed(SourceTree.Files("src")));

    [Fact]
    public void No_name_is_in_the_list_twice() => Assert.Equal(FailpointNames.All.Distinct(), FailpointNames.All);

    [Fact]
    public void Each_is_in_the_source_of_its_process()
    {
        Assert.Equal(FailpointNames.Agent.Order(StringComparer.Ordinal), Crossed(SourceTree.Files("src/Towpath.Agent")));
        Assert.Equal(FailpointNames.Router.Order(StringComparer.Ordinal), Crossed(SourceTree.Files("src/Towpath.Router")));
        Assert.Equal(
            FailpointNames.Server.Concat(FailpointNames.Hook).Order(StringComparer.Ordinal),
            Crossed(SourceTree.Files("src/Towpath.Server", "src/Towpath.Engine")));
    }

    [Fact]
    public void Failpoint_that_is_not_in_the_list_is_found() => Assert.Equal(
        ["a.b", "c.d", "hook.e"],
        Crossed([SourceFile.Of("    Failpoint.Cross(\"c.d\");\n    parts.Options.Crossing(\"a.b\");\n    cross hook.e\n    double crossing")]));

    [Fact]
    public void What_is_crossed_is_written_down_and_the_order_holds_for_one_process_once()
    {
        using var folder = new TestFolder();
        var file = folder.At("crossings");
        File.WriteAllText(file + ".kill", "agent 2\n");

        Assert.False(Failpoint.IsLast(file, "server", "a"));
        Assert.False(Failpoint.IsLast(file, "agent", "b"));
        Assert.False(Failpoint.IsLast(file, "server", "c"));
        Assert.True(Failpoint.IsLast(file, "agent", "d"));
        Assert.False(File.Exists(file + ".kill"));
        Assert.False(Failpoint.IsLast(file, "agent", "e"));

        Assert.Equal(["server a", "agent b", "server c", "agent d", "agent e"], File.ReadAllLines(file));
    }

    [Fact]
    public void Order_that_another_process_takes_away_between_two_looks_is_none()
    {
        using var folder = new TestFolder();
        var (file, order) = (folder.At("crossings"), folder.At("crossings.kill"));

        Parallel.Invoke(
            () =>
            {
                for (var n = 0; n < 5_000; n++)
                {
                    File.WriteAllText(order, "router 1\n");
                    File.Delete(order);
                }
            },
            () =>
            {
                for (var n = 0; n < 5_000; n++)
                    Assert.False(Failpoint.IsLast(file, "server", $"{n}"));
            });
    }

    [Fact]
    public void Processes_that_cross_at_the_same_time_write_over_none_of_each_other()
    {
        using var folder = new TestFolder();
        var file = folder.At("crossings");

        Parallel.For(0, 400, n => Failpoint.IsLast(file, "server", $"{n}"));

        Assert.Equal(400, File.ReadAllLines(file).Distinct(StringComparer.Ordinal).Count());
    }

    private static IEnumerable<string> Crossed(IEnumerable<SourceFile> files) => files
        .Where(file => file.Path != Lists)
        .SelectMany(file => file.Lines)
        .SelectMany(line => Crossing().Matches(line))
        .Select(match => match.Groups[1].Value)
        .Distinct()
        .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"(?:\bFailpoint\.Cross\(""|\b[cC]rossing\(""|^\s*cross )([a-z.-]+)")]
    private static partial Regex Crossing();
}
