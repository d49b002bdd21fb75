using System.Text.RegularExpressions;

namespace Towpath.Tests.House;

/// <summary>Names say what a thing is.</summary>
public sealed partial class NameTests
{
    [Fact]
    public void No_type_is_called_as_one_of_the_systems_or_as_a_namespace() => Rule.Holds(Find(SourceTree.Files(), Clashing()));

    [Fact]
    public void No_type_is_named_after_nothing_it_is() => Rule.Holds(Find(SourceTree.Files("src"), Empty()));

    [Theory]
    [InlineData("public sealed class Environment")]
    [InlineData("internal record struct Lock(int Owner);")]
    [InlineData("interface Timer {")]
    [InlineData("public static class Process<T>")]
    public void Name_that_clashes_is_found(string line) => Assert.Single(Find([SourceFile.Of(line)], Clashing()));

    [Theory]
    [InlineData("public sealed class PackageManager(Store store)")]
    [InlineData("internal static class StringHelper")]
    [InlineData("public sealed record GitService;")]
    [InlineData("static class Utils")]
    [InlineData("interface IJobProcessor")]
    public void Name_that_says_nothing_is_found(string line) => Assert.Single(Find([SourceFile.Of(line)], Empty()));

    [Fact]
    public void Other_names_are_left_alone() => Assert.Empty(Find(
        [SourceFile.Of("sealed class EnvironmentState\npublic record ProcessTree\n// the Process class\nclass Servers")], Clashing()));

    private static IEnumerable<string> Find(IEnumerable<SourceFile> files, Regex pattern) => files.SelectMany(file =>
        Enumerable.Range(0, file.Lines.Count).Where(line => pattern.IsMatch(file.Lines[line])).Select(file.At));

    [GeneratedRegex(@"^\s*(?:\w+ )*(?:class|record|struct|interface|enum) (?:Environment|Agent|Router|Server|Engine|Lock|Process|Timer)\b")]
    private static partial Regex Clashing();

    [GeneratedRegex(@"^\s*(?:\w+ )*(?:class|record|struct|interface) \w*(?:Manager|Helper|Helpers|Service|Util|Utils|Processor)\b")]
    private static partial Regex Empty();
}
