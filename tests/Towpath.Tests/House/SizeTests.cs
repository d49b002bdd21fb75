namespace Towpath.Tests.House;

/// <summary>
/// A file past 300 lines or a method past 60 wants a reason, and the reason stands here.
/// Limits of the listed are only ever lowered.
/// </summary>
public sealed class SizeTests
{
    private const int FileLines = 300;
    private const int MethodLines = 60;

    private static readonly Dictionary<string, (int Limit, string Reason)> LongFiles = new()
    {
        ["src/Towpath.Agent/Apps/AppHost.cs"] = (320, "the one door to all that an agent hosts"),
        ["src/Towpath.Agent/Apps/HostedEnvironment.cs"] = (320, "the state that all stages of an environment change, in one place"),
        ["tests/Towpath.Tests/Agent/Apps/DeploymentTests.cs"] = (560, "one deployment's story, a test for each turn it can take"),
        ["tests/Towpath.Tests/Agent/Jobs/JobRunnerTests.cs"] = (340, "one job's story"),
        ["tests/Towpath.Tests/Agent/Jobs/StepRunnerTests.cs"] = (340, "one step's story, in each sandbox"),
        ["tests/Towpath.Tests/Agent/Link/AgentHostTests.cs"] = (375, "one connection's story"),
        ["tests/Towpath.Tests/Router/RouteTableTests.cs"] = (400, "one table's story"),
        ["tests/Towpath.Tests/Router/RouteTrafficTests.cs"] = (400, "one route's story"),
        ["tests/Towpath.Tests/Server/Git/PushTests.cs"] = (380, "one push's story"),
        ["tests/Towpath.Tests/Core/Environments/RollbackTests.cs"] = (320, "the specification of going back"),
    };

    private static readonly Dictionary<string, (int Limit, string Reason)> LongMethods = new()
    {
        ["The_large_file_means_what_it_says"] = (70, "one literal: what the file of the documentation means"),
    };

    [Fact]
    public void Files_are_short_or_listed() => Rule.Holds(SourceTree.Files().SelectMany(file => TooLong(file)));

    [Fact]
    public void Methods_are_short_or_listed() => Rule.Holds(SourceTree.Files().SelectMany(LongMethodsIn));

    [Fact]
    public void What_is_listed_exists() => Assert.All(LongFiles.Keys, path => Assert.True(File.Exists(Repository.At(path)), path));

    [Fact]
    public void File_that_is_too_long_is_found()
    {
        Assert.Empty(TooLong(SourceFile.Of(string.Join('\n', Enumerable.Repeat("// a line", FileLines)))));
        Assert.Single(TooLong(SourceFile.Of(string.Join('\n', Enumerable.Repeat("// a line", FileLines + 1)))));
    }

    [Fact]
    public void Method_that_is_too_long_is_found()
    {
        Assert.Empty(LongMethodsIn(Method(MethodLines)));
        Assert.Equal(["Fabricated.cs:3: Work has 61 lines"], LongMethodsIn(Method(MethodLines + 1)));

        static SourceFile Method(int lines) => SourceFile.Of(
            $"class Long\n{{\n    public void Work(\n        int times)\n    {{\n{Body(lines)}    }}\n}}");
        static string Body(int lines) => string.Concat(Enumerable.Repeat("        Go();\n", lines));
    }

    private static IEnumerable<string> TooLong(SourceFile file)
    {
        var limit = LongFiles.TryGetValue(file.Path, out var listed) ? listed.Limit : FileLines;
        return file.Lines.Count <= limit
            ? []
            : [$"{file.Path} has {file.Lines.Count} lines, and {limit} are allowed: split it, or give the reason in {nameof(SizeTests)}"];
    }

    /// <summary>By indentation, which the formatter keeps: a member's body is between braces one level inside its type.</summary>
    private static IEnumerable<string> LongMethodsIn(SourceFile file)
    {
        for (var open = 1; open < file.Lines.Count; open++)
        {
            var indent = file.Lines[open].Length - 1;
            if (file.Lines[open].Trim() != "{" || indent is not (4 or 8))
                continue;
            var head = HeadOf(file, open, indent);
            if (!file.Lines[head].Contains('(') || file.Lines[head].Contains(" class ") || file.Lines[head].Contains(" record "))
                continue;
            var end = Enumerable.Range(open + 1, file.Lines.Count - open - 1)
                .First(line => file.Lines[line].StartsWith(new string(' ', indent) + "}", StringComparison.Ordinal));
            var name = file.Lines[head].Split('(')[0].Split(' ')[^1];
            if (end - open - 1 > (LongMethods.TryGetValue(name, out var listed) ? listed.Limit : MethodLines))
                yield return $"{file.Path}:{head + 1}: {name} has {end - open - 1} lines";
        }
    }

    /// <summary>The line where the declaration begins whose body opens here.</summary>
    private static int HeadOf(SourceFile file, int open, int indent)
    {
        var head = open - 1;
        while (head > 0 && (file.Lines[head].Length <= indent || char.IsWhiteSpace(file.Lines[head][indent])))
            head--;
        return head;
    }
}
