using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

internal sealed class JobReader(Findings findings)
{
    /// <summary>The sound ones, each after those that it needs.</summary>
    public ValueList<JobDefinition> Read(IReadOnlyList<YamlEntry> jobs) =>
        new NameGraph(findings, "job", "needs").InOrder(jobs)
            .Where(entry => entry.Value is YamlMap)
            .Select(entry => Job(entry.Key.Text, (YamlMap)entry.Value))
            .ToValueList();

    private static JobDefinition Job(string name, YamlMap job)
    {
        var timeout = job.DurationOrDefault("timeout");
        return new(
            name,
            job.Texts("needs"),
            new StepReader(timeout).Read(job.Items("steps")),
            job.TextMap("env"),
            Outputs(job),
            job["reports"] is YamlMap reports ? reports.Texts("tests") : [],
            job.Number("retry"),
            timeout);
    }

    private static OrdinalMap<string> Outputs(YamlMap job) => OrdinalMap<string>.From(
        job.TextMap("outputs").Select(output => KeyValuePair.Create(output.Key, WorkspacePath.Plain(output.Value))));
}
