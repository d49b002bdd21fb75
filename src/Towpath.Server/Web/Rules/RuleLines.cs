using Towpath.Core.Pipelines;
using Towpath.Engine.Git;

namespace Towpath.Server.Web.Rules;

/// <summary>A run, and the pipeline that it follows for ever.</summary>
public sealed record RuledRun(string Project, int Run, string Commit, Pipeline Pipeline);

/// <summary>Where the rules that runs follow stand in their pipeline files, as far as git says it soon.</summary>
public sealed class RuleLines
{
    /// <summary>Runs whose files a page reads: git is asked for one after the other.</summary>
    public const int RunsAtMost = 20;

    /// <summary>How long a page waits for it.</summary>
    private static readonly TimeSpan GitWithin = TimeSpan.FromMilliseconds(150);

    private readonly Dictionary<(string Project, int Run), PipelineLines> lines = [];

    /// <summary>What is not there in time is there when the page is looked at again.</summary>
    public static async Task<RuleLines> OfAsync(CommitNotes notes, IEnumerable<RuledRun> runs)
    {
        var asked = runs.DistinctBy(run => (run.Project, run.Run)).Take(RunsAtMost).ToList();
        var reading = asked.ConvertAll(run => notes.PipelineAsync(run.Project, run.Commit));
        await Task.WhenAny(Task.WhenAll(reading), Task.Delay(GitWithin));
        var found = new RuleLines();
        foreach (var (run, read) in asked.Zip(reading))
        {
            // Whoever uploads a package may name a commit with another file than the one that is followed: its lines would mislead.
            if (read is { IsCompletedSuccessfully: true, Result: { } source } && source.Pipeline == run.Pipeline)
                found.lines[(run.Project, run.Run)] = source.Lines;
        }

        return found;
    }

    /// <summary>Null: it is not known.</summary>
    /// <param name="path">As <see cref="PipelineLines.Of(IReadOnlyList{string})"/> takes it.</param>
    public RuleLine? At(string project, int run, params IReadOnlyList<string> path) =>
        lines.GetValueOrDefault((project, run))?.Of(path) is { } line ? new RuleLine(project, run, line) : null;
}

/// <param name="Line">Of the run's pipeline file, from 1.</param>
public sealed record RuleLine(string Project, int Run, int Line);
