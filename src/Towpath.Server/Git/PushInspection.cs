using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Pipelines;
using Towpath.Engine.Git;

namespace Towpath.Server.Git;

/// <summary>What a push comes to: the changes that it may make, or why it may not. Never both.</summary>
/// <param name="Refusal">Lines for the person who pushes; empty when the push is fine.</param>
internal sealed record PushFinding(ValueList<RefChange> Changes, IReadOnlyList<string> Refusal)
{
    public static PushFinding Refuse(params IReadOnlyList<string> lines) => new(ValueList<RefChange>.Empty, lines);
}

/// <summary>Looks at a push before git moves any ref.</summary>
/// <param name="conflict">One sentence when another project has what the pipeline asks for.</param>
internal sealed class PushInspection(Repositories repositories, Func<string, Pipeline, string?> conflict)
{
    /// <summary>The first branch that is pushed becomes the one that deploys: of several at once, the usual ones go first.</summary>
    private static readonly string[] UsualDefaults = ["main", "master", "trunk"];

    public async Task<PushFinding> InspectAsync(string project, ProjectState? state, PushIntent intent, CancellationToken cancel)
    {
        if (intent.Updates.Count > ProjectMachine.ChangesAtMost)
            return PushFinding.Refuse($"This push changes more than {ProjectMachine.ChangesAtMost} refs; push fewer at a time.");
        if (intent.Updates.Select(update => RefRules.Problem(update.Ref)).FirstOrDefault(problem => problem is not null) is { } badRef)
            return PushFinding.Refuse(badRef);
        if (intent.Updates.FirstOrDefault(update => update.New is null && update.Ref == state?.DefaultBranch) is { } deployed)
            return PushFinding.Refuse($"'{deployed.Name}' is the branch of '{project}' that is deployed, so it is not deleted.");

        var updates = intent.Updates.Where(update => update.Old != update.New).OrderBy(Rank).ToList();
        var built = updates.Where(update => update is { IsBranch: true, New: not null }).ToList();
        var found = built.Count == 0
            ? []
            : await repositories.ReadAsync(
                project, [.. built.SelectMany(update => (IEnumerable<string>)[update.New!, $"{update.New}:{PipelineFile.Name}"])],
                intent.Quarantine, PipelineFile.MaxBytes, cancel);
        var changes = new List<RefChange>();
        var refusal = new List<string>();
        var parsed = new Dictionary<string, PipelineParse>(StringComparer.Ordinal);
        foreach (var update in updates)
        {
            var index = built.IndexOf(update);
            if (index < 0)
            {
                changes.Add(new RefChange(update.Ref, update.Old, update.New, "", null));
                continue;
            }

            var (commit, file) = (found[2 * index], found[(2 * index) + 1]);
            var (pipeline, problems) = Read(update, commit, file, parsed);
            refusal.AddRange(problems);
            if (pipeline is not null)
                changes.Add(new RefChange(update.Ref, update.Old, update.New, commit!.Subject, pipeline));
        }

        if (refusal.Count > 0)
            return PushFinding.Refuse(refusal);
        var deploys = state?.DefaultBranch ?? changes.FirstOrDefault(change => change.Pipeline is not null)?.Ref;
        return changes.FirstOrDefault(change => change.Ref == deploys)?.Pipeline is { } wanted && conflict(project, wanted) is { } taken
            ? PushFinding.Refuse(taken)
            : new PushFinding(changes.ToValueList(), []);
    }

    private static (Pipeline? Pipeline, IReadOnlyList<string> Problems) Read(
        RefUpdate update, FoundObject? commit, FoundObject? file, Dictionary<string, PipelineParse> parsed)
    {
        var name = PlainText.Line(update.Name, 80);
        var at = update.New![..12];
        if (commit is not { Type: "commit" })
            return (null, [$"'{name}' would point to something that is no commit; push a commit."]);
        if (file is null)
            return (null, [$"There is no {PipelineFile.Name} in {at} ({name}): run 'towpath init', commit the file and push again."]);
        if (file.Type != "blob")
            return (null, [$"{PipelineFile.Name} in {at} ({name}) is not a file; make it one and push again."]);
        if (file.Content is null)
            return (null, [$"{PipelineFile.Name}:1:1: the file has {file.Size} bytes; at most {PipelineFile.MaxBytes} are read"]);
        if (!parsed.TryGetValue(file.Id, out var parse))
            parsed[file.Id] = parse = PipelineFile.Parse(file.Text);
        return parse.IsValid
            ? (parse.Pipeline, [])
            : (null, [$"The pipeline file in {at} ({name}) is not valid:", .. parse.Errors.Select(Line)]);

        static string Line(PipelineError error) => PlainText.Line(error.At(PipelineFile.Name), 400);
    }

    private static int Rank(RefUpdate update) =>
        Array.IndexOf(UsualDefaults, update.Name) is >= 0 and var rank ? rank : UsualDefaults.Length;
}
