using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Towpath.Core;

namespace Towpath.Tests.House;

/// <summary>Who may use whom: between projects as the table in docs/architecture.md says, inside Core between machines.</summary>
public sealed class EdgeTests
{
    private static readonly Dictionary<string, string[]> Allowed = ReadTable(File.ReadAllLines(Repository.At("docs/architecture.md")));

    private static readonly Architecture Core = new ArchLoader().LoadAssemblies(typeof(Flow).Assembly).Build();

    [Fact]
    public void Table_in_the_document_names_every_project() =>
        Assert.Equal(Directory.EnumerateDirectories(Repository.At("src")).Select(Path.GetFileName).Order(), Allowed.Keys.Order());

    [Fact]
    public void Projects_refer_to_each_other_exactly_as_the_table_says() =>
        Assert.Equal(
            Allowed.Select(row => (row.Key, Edges(row.Value))), Allowed.Keys.Select(project => (project, Edges(ReferencesIn(project)))));

    [Fact]
    public void Assemblies_use_only_what_can_be_reached_by_the_table() => Rule.Holds(Allowed.Keys.SelectMany(project => Violations(
        project, System.Reflection.Assembly.Load(project).GetReferencedAssemblies().Select(reference => reference.Name!), Allowed)));

    [Fact]
    public void Edge_that_is_not_in_the_table_is_found()
    {
        Assert.Equal(["Towpath.Router uses Towpath.Core"],
            Violations("Towpath.Router", ["Towpath.Protocol", "Towpath.Core", "System.Runtime"], Allowed));
        Assert.Equal(["Towpath.Core uses Towpath.Engine"], Violations("Towpath.Core", ["Towpath.Engine"], Allowed));
        Assert.NotEqual(Edges(Allowed["Towpath.Server"]), Edges(["Towpath.Engine", "Towpath.Core"]));
    }

    [Theory]
    [InlineData("Runs", "Environments")]
    [InlineData("Environments", "Runs")]
    [InlineData("Environments", "Commits")]
    [InlineData("Packages", "Runs")]
    [InlineData("Packages", "Environments")]
    [InlineData("Pipelines", "Runs")]
    [InlineData("Pipelines", "Environments")]
    [InlineData("Agents", "Runs")]
    [InlineData("Agents", "Environments")]
    public void Part_of_Core_does_not_know_the_other(string part, string other) => Rule.Holds(UsesInCore(part, other));

    [Theory]
    [InlineData("Runs", "Packages")]
    [InlineData("Environments", "Packages")]
    [InlineData("Runs", "Commits")]
    public void Part_of_Core_that_knows_another_is_found(string part, string other) => Assert.NotEmpty(UsesInCore(part, other));

    private static string Edges(IEnumerable<string> projects) => string.Join(" ", projects.Order(StringComparer.Ordinal));

    private static Dictionary<string, string[]> ReadTable(IEnumerable<string> lines) => lines
        .SkipWhile(line => !line.StartsWith("| project | may use |", StringComparison.Ordinal)).Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(
            cells => cells[1].Trim('`'),
            cells => cells[2] == "nothing" ? [] : cells[2].Split(", ").Select(name => "Towpath." + name).ToArray());

    private static IEnumerable<string> ReferencesIn(string project) => XDocument.Load(Repository.At($"src/{project}/{project}.csproj"))
        .Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

    private static IEnumerable<string> Violations(string project, IEnumerable<string> references, Dictionary<string, string[]> allowed)
    {
        var reached = new HashSet<string>();
        var open = new Queue<string>(allowed[project]);
        while (open.TryDequeue(out var next))
        {
            if (reached.Add(next))
                allowed[next].ToList().ForEach(open.Enqueue);
        }

        return references.Where(reference => allowed.ContainsKey(reference) && !reached.Contains(reference))
            .Select(reference => $"{project} uses {reference}");
    }

    private static IEnumerable<string> UsesInCore(string part, string other) => Core.Types
        .Where(type => IsIn(type, part))
        .SelectMany(type => type.Dependencies)
        .Where(dependency => IsIn(dependency.Target, other))
        .Select(dependency => $"{dependency.Origin.FullName} uses {dependency.Target.FullName}")
        .Distinct();

    private static bool IsIn(IType type, string part) =>
        $"{type.Namespace?.FullName}.".StartsWith($"Towpath.Core.{part}.", StringComparison.Ordinal);
}
