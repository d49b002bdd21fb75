using System.Collections.Concurrent;
using Towpath.Core.Pipelines;

namespace Towpath.Engine.Git;

/// <param name="Author">Empty when it is not known.</param>
public sealed record CommitNote(string Commit, string Author, string Subject);

/// <summary>What one commit has and another has not.</summary>
/// <param name="Commits">Newest first, at most <see cref="CommitNotes.CommitsAtMost"/>.</param>
/// <param name="AreMore">There are others.</param>
public sealed record CommitChanges(IReadOnlyList<CommitNote> Commits, bool AreMore);

/// <summary>The pipeline file as it is at a commit.</summary>
/// <param name="Pipeline">What it says; null when it is not valid any more.</param>
public sealed record PipelineSource(string Text, PipelineLines Lines, Pipeline? Pipeline);

/// <summary>
/// What pages say of commits beside what the journal knows. Commits never change, so what was read once is kept, as far as there is
/// room; nobody waits long for the rest.
/// </summary>
public sealed class CommitNotes(Repositories repositories) : IDisposable
{
    public const int CommitsAtMost = 20;

    private const int KeptAtMost = 20_000;
    private const int LargestCommit = 64 * 1024;
    private const int PipelinesKeptAtMost = 500;

    /// <summary>What is read out of a file takes far more room than its letters.</summary>
    private const int LettersKeptAtMost = 512 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>One git at a time: a page must not take the machine away from those who push.</summary>
    private readonly SemaphoreSlim turn = new(1);
    private readonly ConcurrentDictionary<(string Project, string Commit), string> authors = [];
    private readonly ConcurrentDictionary<(string Project, string From, string To), CommitChanges> changes = [];
    private readonly ConcurrentDictionary<(string Project, string Commit), PipelineSource?> pipelines = [];

    /// <summary>Null when it is not known, or not yet.</summary>
    public string? Author(string project, string commit) =>
        authors.TryGetValue((project, commit), out var author) && author.Length > 0 ? author : null;

    /// <summary>Reads who wrote these commits, if that was not done before; it never fails, and goes on also when the caller does not wait for the end.</summary>
    public async Task LearnAsync(IEnumerable<(string Project, string Commit)> commits)
    {
        foreach (var unknown in commits.Distinct().Where(commit => !authors.ContainsKey(commit)).GroupBy(commit => commit.Project, commit => commit.Commit))
        {
            await TakeTurnAsync(async cancel =>
            {
                var asked = unknown.Where(commit => !authors.ContainsKey((unknown.Key, commit))).ToList();
                var found = asked.Count == 0 || !repositories.Exists(unknown.Key) ? asked.ConvertAll(_ => (FoundObject?)null)
                    : await repositories.ReadAsync(unknown.Key, asked, null, LargestCommit, cancel);
                if (authors.Count > KeptAtMost)
                    authors.Clear();
                // What is no commit of the repository was uploaded, or its branch is gone: it is not asked for again.
                foreach (var (commit, known) in asked.Zip(found))
                    authors[(unknown.Key, commit)] = known?.Author ?? "";
            });
        }
    }

    /// <summary>What is in <paramref name="to"/> and not in <paramref name="from"/>; null when git does not know it, or is not done in time.</summary>
    public async Task<CommitChanges?> ChangesAsync(string project, string from, string to)
    {
        if (changes.TryGetValue((project, from, to), out var known))
            return known;
        await TakeTurnAsync(async cancel =>
        {
            if (changes.ContainsKey((project, from, to)) || !repositories.Exists(project))
                return;
            var (exitCode, output, _) = await repositories.Surroundings.RunAsync(
                ["--git-dir", repositories.PathOf(project), "log", "-z", $"--max-count={CommitsAtMost + 1}", "--format=%H%x00%an%x00%s",
                    "--end-of-options", $"{from}..{to}", "--"],
                cancel);
            if (exitCode != 0)
                return;
            if (changes.Count > KeptAtMost / CommitsAtMost)
                changes.Clear();
            var notes = output.TrimEnd('\0').Split('\0').Chunk(3).Where(fields => fields.Length == 3)
                .Select(fields => new CommitNote(fields[0], PlainText.Line(fields[1], 60), PlainText.Line(fields[2], 200))).ToList();
            changes[(project, from, to)] = new CommitChanges([.. notes.Take(CommitsAtMost)], notes.Count > CommitsAtMost);
        });
        return changes.GetValueOrDefault((project, from, to));
    }

    /// <summary>Git has said what the pipeline file at this commit is, or that there is none.</summary>
    public bool IsPipelineKnown(string project, string commit) => pipelines.ContainsKey((project, commit));

    /// <summary>Null when there is none at this commit, or git does not know the commit, or is not done in time.</summary>
    public async Task<PipelineSource?> PipelineAsync(string project, string commit)
    {
        if (pipelines.TryGetValue((project, commit), out var known))
            return known;
        await TakeTurnAsync(async cancel =>
        {
            if (pipelines.ContainsKey((project, commit)))
                return;
            var found = repositories.Exists(project)
                ? await repositories.ReadAsync(project, [$"{commit}:{PipelineFile.Name}"], null, PipelineFile.MaxBytes, cancel) : [];
            if (pipelines.Count >= PipelinesKeptAtMost || pipelines.Sum(kept => kept.Value?.Text.Length ?? 0) > LettersKeptAtMost)
                pipelines.Clear();
            // What is not there is not asked for again, either.
            pipelines[(project, commit)] = found is [{ Type: "blob", Content: not null } file]
                ? new PipelineSource(file.Text, PipelineLines.Of(file.Text), PipelineFile.Parse(file.Text).Pipeline) : null;
        });
        return pipelines.GetValueOrDefault((project, commit));
    }

    public void Dispose() => turn.Dispose();

    private async Task TakeTurnAsync(Func<CancellationToken, Task> read)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await turn.WaitAsync(limit.Token);
            try
            {
                await read(limit.Token);
            }
            finally
            {
                turn.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or GitException or IOException or ObjectDisposedException)
        {
            // People see a commit without its author this time.
        }
    }
}
