using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Journal;
using Towpath.Engine.Views;

namespace Towpath.Engine.Backups;

/// <summary>What a journal knows of, as the backup and the restore of it need it.</summary>
internal sealed class BackupContents(IJournal journal)
{
    private const int PageSize = 500;

    private readonly Loop states = new(journal, new Idle(), Rules.OfFlow);

    public IEnumerable<string> ProjectNames => Rows("").Select(row => row.Stream);

    public ProjectState Project(string name) => (ProjectState)states.Read(StreamId.OfProject(name))!;

    /// <summary>Newest first, without their jobs.</summary>
    public IEnumerable<RunView> Runs(string project) =>
        Rows($"{project}/runs/").Select(row => JsonSerializer.Deserialize<RunView>(row.Summary, CoreJson.Options)!);

    public RunState Run(string project, int number) => (RunState)states.Read(StreamId.OfRun(project, number))!;

    public IEnumerable<EnvironmentState> Environments(string project) =>
        Rows($"{project}/environments/").Select(row => (EnvironmentState)states.Read(StreamId.Parse(row.Stream))!);

    /// <summary>Also those that no candidate had reached when the journal was copied.</summary>
    public IEnumerable<string> EnvironmentNames(ProjectState project) => Rows($"{project.Name}/environments/")
        .Select(row => StreamId.Parse(row.Stream).Environment!)
        .Concat(project.Requests.Where(request => request.Deploys)
            .SelectMany(request => request.Pipeline.Environments.Select(environment => environment.Name)))
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>All at once: no environment hears of anything else before it hears that it was restored.</summary>
    /// <exception cref="JournalException">It could not be stored.</exception>
    public void Tell(IReadOnlyList<Letter> letters, DateTimeOffset now)
    {
        var asked = letters.Select(letter => letter with { Reply = new TaskCompletionSource<string?>() }).ToList();
        states.Process(asked, now);
        foreach (var letter in asked)
            letter.Reply!.Task.GetAwaiter().GetResult();
    }

    private IEnumerable<StreamSummary> Rows(string prefix)
    {
        for (string? before = null; journal.List(prefix, PageSize, before) is { Count: > 0 } page; before = page[^1].Stream)
        {
            foreach (var row in page)
                yield return row;
        }
    }

    /// <summary>Nothing is begun before a server starts over the journal.</summary>
    private sealed class Idle : IAdapters
    {
        public void Begin(Command command)
        {
        }

        public void Cancel(string commandId)
        {
        }
    }
}
