using System.Collections.Concurrent;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Engine.Git;
using Towpath.Engine.Views;

namespace Towpath.Server.Web.Overviews;

/// <summary>
/// All projects at a glance. What the journal says of a project is kept until something of it changes: hundreds of projects are not to be
/// asked of the disk for every look at one page.
/// </summary>
public sealed class Overview(Inventory inventory, ChangeFeed changes, CommitNotes notes)
{
    /// <summary>How long a page waits for the names of those who wrote what is live.</summary>
    internal static readonly TimeSpan AuthorsWithin = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentDictionary<string, Known> projects = new(StringComparer.Ordinal);

    /// <summary>Newest project first.</summary>
    public IReadOnlyList<ProjectCard> Cards() => [.. inventory.Projects().Select(project => Read(project.Name)).OfType<Known>().Select(Card)];

    /// <summary>The figures of one project's environments, or of all.</summary>
    public IReadOnlyList<EnvironmentFigures> Figures(string? only) =>
    [
        .. from name in only is null ? inventory.Projects().Select(project => project.Name) : [only]
           let known = Read(name)
           where known is not null
           from environment in known.Environments
           select new EnvironmentFigures(name, environment, inventory.Health(name, environment)),
    ];

    /// <summary>Who wrote what is live, as far as that is known soon; the others are known the next time.</summary>
    public async Task<Func<string, string, string?>> AuthorsAsync(IReadOnlyList<ProjectCard> cards)
    {
        var commits = cards.SelectMany(card => card.Environments.Where(environment => environment.Live is not null)
            .Select(environment => (card.Name, environment.Live!.Commit)));
        await Task.WhenAny(notes.LearnAsync(commits), Task.Delay(AuthorsWithin));
        return notes.Author;
    }

    private ProjectCard Card(Known known) => new(
        known.Project.Name, known.Newest,
        [.. known.Environments.Select(name => inventory.Environment(known.Project, name)).OfType<EnvironmentState>().Select(state => Models.Card(inventory, state))]);

    private Known? Read(string name)
    {
        // Before the rest is read: what changes meanwhile is read again the next time.
        var version = changes.Version(name);
        if (projects.TryGetValue(name, out var known) && known.Version == version)
            return known;
        if (inventory.Project(name) is not { } project)
            return null;
        return projects[name] = new Known(
            version, project, inventory.Runs(name, 1) is [var newest, ..] ? newest : null,
            [.. inventory.Environments(project).Select(environment => environment.Name)]);
    }

    private sealed record Known(long Version, ProjectState Project, RunView? Newest, IReadOnlyList<string> Environments);
}
