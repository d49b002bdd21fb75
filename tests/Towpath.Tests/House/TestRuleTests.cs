using System.Text.RegularExpressions;

namespace Towpath.Tests.House;

/// <summary>Tests wait for what happens, never for time, and none is left out.</summary>
public sealed partial class TestRuleTests
{
    /// <summary>The one place that polls.</summary>
    private const string Polling = "tests/Towpath.Tests/Eventually.cs";

    [Fact]
    public void No_test_sleeps() => Rule.Holds(Find(SourceTree.Files("tests").Where(file => file.Path != Polling), Sleep()));

    [Fact]
    public void No_test_is_skipped() => Rule.Holds(Find(SourceTree.Files("tests"), Skip()));

    [Fact]
    public void Test_that_sleeps_is_found()
    {
        Assert.Single(Find([SourceFile.Of("        await Task" + ".Delay(100);")], Sleep()));
        Assert.Single(Find([SourceFile.Of("        Thread" + ".Sleep(TimeSpan.FromSeconds(1));")], Sleep()));
        Assert.Empty(Find([SourceFile.Of("        Thread" + ".Sleep(Timeout.Infinite);")], Sleep()));
        Assert.NotEmpty(Find(SourceTree.Files("tests").Where(file => file.Path == Polling), Sleep()));
    }

    [Fact]
    public void Test_that_is_skipped_is_found()
    {
        Assert.Single(Find([SourceFile.Of("    [Fact" + "(Skip = \"later\")]")], Skip()));
        Assert.Single(Find([SourceFile.Of("    [Theory" + "(DisplayName = \"x\", Skip=\"flaky\")]")], Skip()));
    }

    private static IEnumerable<string> Find(IEnumerable<SourceFile> files, Regex pattern) => files.SelectMany(file =>
        Enumerable.Range(0, file.Lines.Count).Where(line => pattern.IsMatch(file.Lines[line])).Select(file.At));

    /// <summary>An app that only waits to be ended may sleep for ever.</summary>
    [GeneratedRegex(@"\bTask\.Delay\(|\bThread\.Sleep\((?!Timeout\.Infinite\))")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\[(?:Fact|Theory)\([^\]]*\bSkip\s*=")]
    private static partial Regex Skip();
}
