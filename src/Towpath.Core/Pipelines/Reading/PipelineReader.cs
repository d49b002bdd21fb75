using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <summary>A checked tree to a pipeline, and whether its parts agree with each other.</summary>
internal sealed class PipelineReader(Findings findings)
{
    /// <summary>Complete only when nothing was reported.</summary>
    public Pipeline Read(YamlMap file)
    {
        var jobNodes = file.Named("jobs");
        var jobs = new JobReader(findings).Read(jobNodes);
        var package = new PackageReader(findings, jobNodes, jobs).Read(file);
        var apps = new AppReader(findings, package.Definition).Read(file);
        var environmentNodes = file.Named("environments");
        var environments = new EnvironmentReader(findings, apps, file["migrations"] as YamlMap).Read(environmentNodes);
        IsWhole(file, jobNodes, environmentNodes);
        return new(package.Jobs, package.Definition, apps.Sound, environments) { Schedules = new TriggerReader(findings).Read(file) };
    }

    private void IsWhole(YamlMap file, IReadOnlyList<YamlEntry> jobs, IReadOnlyList<YamlEntry> environments)
    {
        if (file.Entry("jobs") is null && file.Entry("environments") is null && !findings.Any)
            findings.Report(file.At, "the file has neither 'jobs' nor 'environments': `towpath init` writes a file to begin with");
        if (jobs.Count > 0 && environments.Count > 0 && file.Entry("package") is null)
        {
            var at = file.Entry("environments")!.Key.At;
            findings.Report(
                at,
                "there are jobs and environments but no 'package': say what goes to the environments, such as `package: .` for the "
                    + "whole workspace");
        }
    }
}
