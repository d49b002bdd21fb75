namespace Towpath.Core.Pipelines;

/// <summary>A place in the file; both from 1.</summary>
internal readonly record struct Mark(int Line, int Column);

/// <summary>What was found wrong so far. Finding something does not end the reading: a person gets all errors at once.</summary>
internal sealed class Findings(string text)
{
    private const int LongestMessage = 500;

    private readonly string[] lines = text.Split('\n');
    private readonly List<PipelineError> errors = [];

    public bool Any => errors.Count > 0;

    /// <summary>
    /// The message stays one line whatever it quotes; the place stays in the file, also where the YAML library looks
    /// past its end.
    /// </summary>
    public void Report(Mark at, string message)
    {
        var line = Math.Clamp(at.Line, 1, lines.Length);
        var oneLine = message.ReplaceLineEndings(" ");
        errors.Add(new(
            line,
            Math.Clamp(at.Column, 1, lines[line - 1].Length + 1),
            oneLine.Length > LongestMessage ? oneLine[..LongestMessage] + "…" : oneLine));
    }

    /// <summary>In the order of the file, at most <see cref="PipelineFile.MaxErrors"/>.</summary>
    public ValueList<PipelineError> InFileOrder() =>
        errors.Distinct().OrderBy(error => error.Line).ThenBy(error => error.Column).Take(PipelineFile.MaxErrors).ToValueList();
}
