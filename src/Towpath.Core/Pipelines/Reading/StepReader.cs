using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <summary>Steps are written the same way everywhere.</summary>
/// <param name="defaultTimeout">Of the job or the environment that they stand in.</param>
internal sealed class StepReader(TimeSpan defaultTimeout)
{
    private const int LongestName = 80;

    public ValueList<StepDefinition> Read(IEnumerable<YamlNode> steps) => steps.OfType<YamlMap>().Select(Step).ToValueList();

    public StepDefinition Step(YamlMap step)
    {
        var command = step.Text("run") ?? "";
        return new(
            step.Text("name") ?? NameOf(command),
            command,
            step.TextMap("env"),
            step.Duration("timeout") ?? defaultTimeout,
            step.Text("shell") ?? "");
    }

    private static string NameOf(string command)
    {
        var lines = command.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var first = lines.FirstOrDefault("");
        return first.Length > LongestName ? first[..LongestName] + "…" : lines.Length > 1 ? first + " …" : first;
    }
}
