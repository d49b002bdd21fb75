using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <summary>
/// Where each part of the package comes from. <c>publish.shop</c> is an output when a job <c>publish</c> is declared; all else is
/// a path in the workspace of the only job, which becomes an output of it.
/// </summary>
internal sealed class PackageReader(Findings findings, IReadOnlyList<YamlEntry> jobNodes, ValueList<JobDefinition> jobs)
{
    private ValueList<JobDefinition> jobs = jobs;

    /// <summary>The package, and the jobs with the outputs that it adds to them.</summary>
    public (PackageDefinition? Definition, ValueList<JobDefinition> Jobs) Read(YamlMap file)
    {
        if (file["package"] is not { } package)
            return (null, jobs);
        var parts = package switch
        {
            YamlScalar whole => [Part("", whole)],
            YamlMap named => named.Entries
                .Where(entry => entry.Value is YamlScalar)
                .Select(entry => Part(entry.Key.Text, (YamlScalar)entry.Value)),
            _ => Enumerable.Empty<PackagePart?>(),
        };
        var found = parts.OfType<PackagePart>().ToValueList();
        return (found.Count > 0 ? new(found) : null, jobs);
    }

    private PackagePart? Part(string name, YamlScalar source)
    {
        var text = source.Text;
        if (text.Split('.') is [var job, var output] && jobNodes.Any(entry => entry.Key.Text == job))
            return DeclaredOutput(name, source, job, output);
        if (jobNodes.Count == 0)
            return Refuse(
                source,
                $"'package' takes '{text}' from a job, and there is none: add one under 'jobs', or take 'package' out when another CI "
                    + "pushes packages");
        var declared = jobs.SelectMany(each => each.Outputs.Keys.Select(key => $"{each.Name}.{key}")).ToList();
        if (!text.Contains('/', StringComparison.Ordinal) && Spelling.Nearest(text, declared) is { } nearest)
            return Refuse(source, $"unknown output '{text}' in 'package': did you mean '{nearest}'? (a path is written './{text}')");
        if (jobNodes.Count > 1)
            return Refuse(
                source,
                $"'package' must say from which of the {jobNodes.Count} jobs '{text}' comes: declare it under 'outputs' of a job and "
                    + $"write JOB.OUTPUT{Such(declared)}");
        return jobs is [var only] ? FromPath(name, only, WorkspacePath.Plain(text)) : null;
    }

    private PackagePart? DeclaredOutput(string name, YamlScalar source, string job, string output)
    {
        if (jobs.FirstOrDefault(candidate => candidate.Name == job) is not { } definition)
            return null;
        if (definition.Outputs.ContainsKey(output))
            return new(name, job, output);
        var outputs = definition.Outputs.Keys.ToList();
        var advice = Spelling.Nearest(output, outputs) is { } nearest
            ? $"did you mean '{job}.{nearest}'?"
            : $"declare it under 'outputs' of the job, or write './{source.Text}' for a path";
        return Refuse(source, $"job '{job}' has no output '{output}': {advice}");
    }

    /// <summary>A path is an output that nobody had to declare.</summary>
    private PackagePart FromPath(string name, JobDefinition job, string path)
    {
        if (job.Outputs.FirstOrDefault(output => output.Value == path) is { Key: { } existing })
            return new(name, job.Name, existing);
        var output = name.Length == 0 ? "package" : name;
        while (job.Outputs.ContainsKey(output))
            output += "-package";
        jobs = [job with { Outputs = job.Outputs.With(output, path) }];
        return new(name, job.Name, output);
    }

    private PackagePart? Refuse(YamlScalar source, string message)
    {
        findings.Report(source.At, message);
        return null;
    }

    private static string Such(List<string> declared) => declared.Count > 0 ? $", such as '{declared[0]}'" : "";
}
