using System.Reflection;
using System.Text.RegularExpressions;
using Towpath.Core;

namespace Towpath.Tests.House;

/// <summary>docs/architecture.md names only what exists.</summary>
public sealed partial class ArchitecturePageTests
{
    /// <summary>In code type, and not names of the repository: what lies in a data folder, and the page's word for itself.</summary>
    private static readonly string[] Others = ["code type", "endpoint.json", "server/", "git/", "store/", "agent/", "router/"];

    private static readonly HashSet<string> Names = NamesInAssemblies();

    [Fact]
    public void Every_name_exists() => Rule.Holds(Missing(File.ReadAllText(Repository.At("docs/architecture.md"))));

    [Fact]
    public void Name_that_went_stale_is_found() => Assert.Equal(
        ["NoSuchMachine", "src/Towpath.Nowhere", "towpath fly", "Towpath.Kernel", "gone.proto"],
        Missing("`NoSuchMachine` `RunMachine` `src/Towpath.Nowhere` `towpath fly` `Towpath.Kernel` `gone.proto` `agent.proto`"));

    [Fact]
    public void Exceptions_are_all_needed()
    {
        var page = File.ReadAllText(Repository.At("docs/architecture.md"));
        Assert.All(Others, other => Assert.Contains($"`{other}`", page, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Missing(string text) => InCode().Matches(text)
        .Select(match => match.Groups[1].Value)
        .Distinct()
        .Where(word => !Others.Contains(word) && !Exists(word));

    private static bool Exists(string word) => word switch
    {
        _ when word.StartsWith("towpath ", StringComparison.Ordinal) => Names.Contains(word[8..].Split(' ')[0] + "verb"),
        _ when word.Contains('/') => Path.Exists(Repository.At(word)),
        _ when word.EndsWith(".proto", StringComparison.Ordinal) => File.Exists(Repository.At("src/Towpath.Protocol/" + word)),
        _ when word.StartsWith("Towpath", StringComparison.Ordinal) => Directory.Exists(Repository.At("src/" + word)),
        _ => Names.Contains(word),
    };

    /// <summary>
    /// Types, namespaces' last words, methods of machines; verbs in lower case, so that a command is found by what is typed.
    /// </summary>
    private static HashSet<string> NamesInAssemblies()
    {
        var types = Directory.EnumerateDirectories(Repository.At("src")).Select(folder => Assembly.Load(Path.GetFileName(folder)!))
            .Append(typeof(Towpath.Simulation.Simulation).Assembly)
            .SelectMany(assembly => assembly.GetTypes()).ToList();
        return
        [
            .. types.Select(type => type.Name),
            .. types.Select(type => type.Namespace?.Split('.')[^1] ?? ""),
            .. types.Where(type => type.Name.EndsWith("Verb", StringComparison.Ordinal)).Select(type => type.Name.ToLowerInvariant()),
            .. typeof(Flow).GetMethods().Select(method => method.Name),
        ];
    }

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex InCode();
}
