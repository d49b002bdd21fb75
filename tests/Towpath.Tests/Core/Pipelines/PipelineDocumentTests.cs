using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Tests.Core.Pipelines;

/// <summary>The documents say what the parser does, because they come from its table of keys.</summary>
public sealed partial class PipelineDocumentTests
{
    private const string Invalid = "<!-- invalid: ";

    [Theory]
    [InlineData("docs/pipeline-file.md")]
    [InlineData("docs/towpath.schema.json")]
    public void The_document_is_what_the_table_of_keys_says(string path)
    {
        var expected = path.EndsWith(".md", StringComparison.Ordinal) ? PipelineReference.Markdown() : PipelineSchema.Json();
        if (Environment.GetEnvironmentVariable("TOWPATH_WRITE_DOCS") == "1")
            File.WriteAllText(Repository.At(path), expected);

        Assert.True(
            File.Exists(Repository.At(path)) && File.ReadAllText(Repository.At(path)) == expected,
            $"{path} is not what src/Towpath.Core/Pipelines/Language says: write it anew with TOWPATH_WRITE_DOCS=1 ./test");
    }

    public static TheoryData<string, int> Examples =>
        [.. new[] { "docs/pipeline-file.md", "README.md" }
            .Where(path => File.Exists(Repository.At(path)))
            .SelectMany(path => Fences().Matches(File.ReadAllText(Repository.At(path))).Select((_, index) => (path, index)))];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_is_valid_or_fails_as_it_says(string path, int index)
    {
        var example = Fences().Matches(File.ReadAllText(Repository.At(path)))[index];

        var parse = PipelineFile.Parse(example.Groups["yaml"].Value);

        var expected = example.Groups["invalid"].Success ? example.Groups["invalid"].Value : "";
        Assert.Equal(expected, string.Join('\n', parse.Errors.Select(error => $"{error.Line}:{error.Column} {error.Message}")));
    }

    [Fact]
    public void The_reference_has_examples_of_both_kinds()
    {
        var fences = Fences().Matches(PipelineReference.Markdown());

        Assert.True(fences.Count > 5);
        Assert.Contains(fences, fence => fence.Groups["invalid"].Success);
        Assert.Equal(
            Regex.Count(PipelineReference.Markdown(), Regex.Escape(Invalid)),
            fences.Count(fence => fence.Groups["invalid"].Success));
    }

    public static TheoryData<string> Keys =>
        [.. Sets.SelectMany(set => set.Keys.Select(key => $"{set.Noun}: {key.Name}"))];

    private static KeySet[] Sets =>
    [
        PipelineKeys.File, JobKeys.Job, JobKeys.Step, TriggerKeys.Schedule, MigrationKeys.Migrations, AppKeys.Process, AppKeys.Static,
        EnvironmentKeys.WithApps, EnvironmentKeys.WithCommand, EnvironmentKeys.HttpCheck,
    ];

    /// <summary>Each key's example and default, put where the key belongs.</summary>
    [Theory]
    [MemberData(nameof(Keys))]
    public void What_the_table_gives_as_example_and_default_is_valid(string name)
    {
        var (noun, keyName) = (name.Split(": ")[0], name.Split(": ")[1]);
        var set = Sets.Single(set => set.Noun == noun);
        var key = set.Find(keyName)!;
        foreach (var value in new[] { key.Example, key.Default }.OfType<string>())
        {
            var required = set.Required.Where(other => other != key).Select(other => $"{other.Name}: {other.Example}");
            var map = $"{{ {string.Join(", ", [.. required, $"{key.Name}: {value}"])} }}";
            var parse = PipelineFile.Parse(FileWith(noun, map, $"{key.Name}: {value}"));
            Assert.DoesNotContain(parse.Errors, error => ShapeErrors().IsMatch(error.Message));
        }
    }

    [Fact]
    public void The_schema_names_every_key_and_refuses_others()
    {
        var schema = JsonNode.Parse(PipelineSchema.Json())!;

        Assert.Equal(PipelineKeys.File.Keys.Select(key => key.Name), schema["properties"]!.AsObject().Select(property => property.Key));
        Assert.All(
            schema["$defs"]!.AsObject().Select(definition => definition.Value!).Append(schema),
            map => Assert.False(map["additionalProperties"]!.GetValue<bool>()));
        var job = schema["$defs"]!["job"]!;
        var retry = job["properties"]!["retry"]!;
        Assert.Equal(["steps"], job["required"]!.AsArray().Select(key => key!.GetValue<string>()));
        Assert.Equal((0, 5, 0), (Int(retry["minimum"]), Int(retry["maximum"]), Int(retry["default"])));
    }

    private static int Int(JsonNode? node) => node!.GetValue<int>();

    private static string FileWith(string noun, string map, string line) => noun switch
    {
        "pipeline file" => line,
        "job" => $"jobs: {{ a: {map} }}",
        "step" => $"jobs: {{ a: {{ steps: {map} }} }}",
        "schedule" => $"triggers: {map}\njobs: {{ a: {{ steps: x }} }}",
        "migrations" => $"app: x\nmigrations: {map}\nenvironments: {{ e: {{ listen: 80 }} }}",
        "process" or "static site" => $"app: {map}",
        "http check" => $"app: x\nenvironments: {{ e: {{ listen: 80, verify: {map} }} }}",
        _ => $"app: x\nenvironments: {{ e: {map} }}",
    };

    [GeneratedRegex(" must be |unknown key|YAML|does not go with|too many")]
    private static partial Regex ShapeErrors();

    [GeneratedRegex(
        @"(<!-- invalid: (?<invalid>[^\n]*) -->\n)?```yaml\n(?<yaml>.*?)\n```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Fences();
}
