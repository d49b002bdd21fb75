using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Reading;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines;

/// <summary>
/// Reads <c>towpath.yml</c> in three steps, each of which reports all that it finds: text to a tree (<see cref="YamlTree"/>),
/// the tree against the table of keys (<see cref="ShapeCheck"/>), what is left to records (<see cref="PipelineReader"/>).
/// </summary>
public static class PipelineFile
{
    /// <summary>The file's path in a repository.</summary>
    public const string Name = "towpath.yml";

    /// <summary>How many errors are reported at once.</summary>
    public const int MaxErrors = 20;

    /// <summary>The largest file, in bytes of UTF-8: 1 MiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Takes any text and never throws.</summary>
    public static PipelineParse Parse(string text)
    {
        var findings = new Findings(text);
        if (YamlTree.Read(text, findings) is not { } tree || findings.Any)
            return PipelineParse.Invalid(findings.InFileOrder());
        var pipeline = new ShapeCheck(findings).Check(tree, PipelineKeys.File) is YamlMap file
            ? new PipelineReader(findings).Read(file)
            : null;
        return findings.Any || pipeline is null ? PipelineParse.Invalid(findings.InFileOrder()) : PipelineParse.Valid(pipeline);
    }
}
