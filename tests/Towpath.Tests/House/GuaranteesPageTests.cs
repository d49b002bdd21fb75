using System.Text.RegularExpressions;

namespace Towpath.Tests.House;

/// <summary>docs/guarantees.md is the list of promises: each with a fault, each fault with a test that exists.</summary>
public sealed partial class GuaranteesPageTests
{
    private static readonly List<Row> Rows = Read(File.ReadAllLines(Repository.At("docs/guarantees.md")));

    private sealed record Row(int Number, string Promise, string Fault, IReadOnlyList<string> Tests);

    [Fact]
    public void Every_row_has_a_promise_a_fault_and_a_test() =>
        Assert.All(Rows, row => Assert.True(
            row is { Number: > 0, Promise.Length: > 0, Fault.Length: > 0, Tests.Count: > 0 }, row.ToString()));

    [Fact]
    public void Every_test_exists() => Rule.Holds(Missing(Rows.SelectMany(row => row.Tests)));

    [Fact]
    public void Test_that_does_not_exist_is_found()
    {
        Assert.Equal(["GuaranteesPageTests.Nobody_wrote_this"],
            Missing(["GuaranteesPageTests.Nobody_wrote_this", "GuaranteesPageTests.Every_test_exists"]));
        Assert.Equal(["GuaranteesPageTests.Read"], Missing(["GuaranteesPageTests.Read"]));
        Assert.Empty(Read(["| 3 | nothing is lost | a crash | to be written |"])[0].Tests);
    }

    [Fact]
    public void Rows_are_in_the_order_of_their_numbers_and_say_each_fault_once()
    {
        Assert.Equal(Rows.OrderBy(row => row.Number).Select(row => row.Number), Rows.Select(row => row.Number));
        Assert.Equal(Rows.Count, Rows.Select(row => (row.Number, row.Fault)).Distinct().Count());
    }

    /// <summary>Whoever takes a promise back, or says it in weaker words, changes the golden file as well.</summary>
    [Fact]
    public void Promises_once_made_are_kept() =>
        Rule.Holds(File.ReadAllLines(Repository.At("tests/Towpath.Tests/Golden/promises.txt"))
            .Except(Rows.Select(row => $"{row.Number}. {row.Promise}")));

    private static IEnumerable<string> Missing(IEnumerable<string> names)
    {
        var existing = typeof(GuaranteesPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods()
                .Where(method => method.IsDefined(typeof(FactAttribute), inherit: true)).Select(method => $"{type.Name}.{method.Name}"))
            .Concat(InAcceptance())
            .ToHashSet();
        return names.Distinct().Where(name => !existing.Contains(name));
    }

    /// <summary>That project is built apart, so its sources are read.</summary>
    private static IEnumerable<string> InAcceptance() =>
        from file in SourceTree.Files("tests/Towpath.Acceptance")
        let text = string.Join('\n', file.Lines)
        from name in ClassName().Matches(text)
        from method in TestMethod().Matches(text)
        select $"{name.Groups[1].Value}.{method.Groups[1].Value}";

    private static List<Row> Read(IEnumerable<string> lines) => lines
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(cells => cells.Length == 6 && int.TryParse(cells[1].TrimEnd('.'), out _))
        .Select(cells => new Row(
            int.Parse(cells[1].TrimEnd('.'), null), cells[2], cells[3], InCode().Matches(cells[4])
                .Select(match => match.Groups[1].Value).ToList()))
        .ToList();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex InCode();

    [GeneratedRegex(@"\bclass (\w+)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\n]*\n(?:\s*\[[^\n]*\n)*\s*public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex TestMethod();
}
