using System.Diagnostics.CodeAnalysis;

namespace Towpath.Core.Pipelines;

/// <summary>What became of a pipeline file: a pipeline, or the reasons why it is none. Never both.</summary>
public sealed record PipelineParse
{
    private PipelineParse(Pipeline? pipeline, ValueList<PipelineError> errors) => (Pipeline, Errors) = (pipeline, errors);

    /// <summary>Null exactly when there are <see cref="Errors"/>.</summary>
    public Pipeline? Pipeline { get; }

    /// <summary>
    /// In the order of the file, at most <see cref="PipelineFile.MaxErrors"/>; empty when there is a
    /// <see cref="Pipeline"/>.
    /// </summary>
    public ValueList<PipelineError> Errors { get; }

    [MemberNotNullWhen(true, nameof(Pipeline))]
    public bool IsValid => Pipeline is not null;

    internal static PipelineParse Valid(Pipeline pipeline) => new(pipeline, []);

    internal static PipelineParse Invalid(ValueList<PipelineError> errors) => new(null, errors);
}

/// <summary>Something in a pipeline file that has to be changed.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 code units.</param>
/// <param name="Message">One sentence that says what is wrong and what to do, without a full stop.</param>
public sealed record PipelineError(int Line, int Column, string Message)
{
    /// <summary><c>towpath.yml:3:5: unknown key …</c>, the form that editors and terminals turn into a link.</summary>
    public string At(string file) => $"{file}:{Line}:{Column}: {Message}";
}
