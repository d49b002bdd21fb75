using System.Collections.Concurrent;
using System.Globalization;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Search;

/// <summary>Finds what people type a piece of: projects, environments, runs, commits, pages, and what can be done.</summary>
/// <remarks>It is asked with every key: what the journal says of a project is kept until something of it changes.</remarks>
internal sealed class Finder(Inventory inventory, ChangeFeed changes)
{
    public const int AnswersAtMost = 20;

    /// <summary>Characters of a query that are looked at.</summary>
    public const int QueryAtMost = 100;

    /// <summary>Hexadecimal digits from which on a word may be the beginning of a commit.</summary>
    public const int CommitAtLeast = 4;

    /// <summary>Rows of runs that are looked through, over all projects.</summary>
    private const int RowsAtMost = 2000;

    private const int RowsOfProjectAtMost = 100;
    private const int RowsOfProjectAtLeast = 10;
    private const int OfKindAtMost = 8;

    private static readonly Finding[] Pages =
    [
        new("page", "Projects", "", "/"), new("page", "Approvals", "What waits for a yes", "/-/approvals"),
        new("page", "Audit", "Who did what, and when", "/-/audit"), new("page", "Agents", "Machines and what they do", "/-/agents"),
        new("page", "Server", "What is kept, tokens", "/-/server"), new("page", "API description", "OpenAPI", Api.ApiExtensions.Description), new("action", "Sign out", "", "/-/sign-out"),
    ];

    private static readonly Deed[] DeedsOnEnvironments =
    [
        new("Roll back", "rollback", (state, _) => state.Versions.Count > 0), new("Hold", "hold", (state, _) => state.Hold is null),
        new("Resume", "resume", (state, _) => state.Hold is not null), new("Freeze", "freeze", (_, _) => true),
        new("Unfreeze", "unfreeze", (state, now) => state.Freezes.Any(freeze => freeze.Until > now)),
        new("Promote a run to", "promote", (state, _) => Models.Promotable(state).Any()),
        new("Deploy again in", "redeploy", (state, _) => state.Versions.Count > 0 && state.Active is null),
        new("Stop", "stop", (state, _) => state.Live is not null), new("Settings of", "settings", (_, _) => true),
    ];

    private readonly ConcurrentDictionary<string, Known> projects = new(StringComparer.Ordinal);

    /// <param name="near">The project whose page the person is on: of what fits equally well, its own comes first. Null: none.</param>
    public Findings Find(string query, string? near = null)
    {
        query = query.Trim();
        query = query[..Math.Min(query.Length, QueryAtMost)];
        var words = query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var names = inventory.Projects().Select(project => project.Name).OrderByDescending(name => name == near).ToList();
        var rows = names.Count == 0 ? 0 : Math.Clamp(RowsAtMost / names.Count, RowsOfProjectAtLeast, RowsOfProjectAtMost);
        IReadOnlyList<Known> known = [.. names.Select(name => Read(name, rows)).OfType<Known>()];
        IReadOnlyList<EnvironmentState> environments = words.Length == 0 ? [] : [.. known.SelectMany(project => inventory.Environments(project.State))];
        var found = new[]
        {
            Projects(known, words), Environments(environments, words), Runs(known, words, near), Actions(known, environments, words),
            Pages.Where(page => Matches(words, $"{page.Text} {page.Detail}")),
        };
        return new Findings(query, [.. found.SelectMany(kind => kind.Take(OfKindAtMost)).OrderBy(finding => Rank(finding, words)).Take(AnswersAtMost)]);
    }

    private Known? Read(string name, int rows)
    {
        // Before the rest is read: what changes meanwhile is read again the next time.
        var version = changes.Version(name);
        if (projects.TryGetValue(name, out var known) && known.Version == version)
            return known;
        return inventory.Project(name) is { } state ? projects[name] = new Known(version, state, inventory.Runs(name, rows)) : null;
    }

    private static IEnumerable<Finding> Projects(IReadOnlyList<Known> projects, string[] words) =>
        from project in projects
        where Matches(words, project.Name)
        orderby Rank(project.Name, words)
        select new Finding("project", project.Name, "", Href(project.Name));

    private static IEnumerable<Finding> Environments(IReadOnlyList<EnvironmentState> states, string[] words) =>
        from state in states
        where Matches(words, $"{state.Name} {state.Project}")
        orderby Rank(state.Name, words)
        select new Finding("environment", state.Name, state.Project, Href(state));

    private IEnumerable<Finding> Runs(IReadOnlyList<Known> projects, string[] words, string? near)
    {
        var rows = projects.SelectMany(project => project.Newest)
            .Where(run => words.All(word => Matches(run, word)));
        var numbered = words.Select(NumberIn).OfType<int>().Take(1)
            .SelectMany(number => projects.Select(project => inventory.RunRow(project.Name, number)).OfType<RunView>())
            .Where(run => words.All(word => Matches(run, word)));
        return numbered.Concat(rows).DistinctBy(run => (run.Project, run.Number))
            .OrderByDescending(run => words.Any(word => NumberIn(word) == run.Number)).ThenByDescending(run => run.Project == near)
            .ThenByDescending(run => run.QueuedAt).Select(Of);
    }

    private IEnumerable<Finding> Actions(IReadOnlyList<Known> projects, IReadOnlyList<EnvironmentState> states, string[] words)
    {
        if (words.Length == 0)
            return [];
        var onEnvironments =
            from state in states
            from deed in DeedsOnEnvironments
            where Matches(words, $"{deed.Text} {deed.Page} {state.Name} {state.Project}") && deed.IsPossible(state, inventory.Now)
            select new Finding("action", $"{deed.Text} {state.Name}", state.Project, $"{Href(state)}/{deed.Page}");
        var onProjects = projects.Select(project => new Finding("action", $"Settings of {project.Name}", "", $"{Href(project.Name)}/settings"))
            .Where(finding => Matches(words, finding.Text));
        var onRuns = projects.SelectMany(project => project.Newest.Take(RowsOfProjectAtLeast)).Where(run => run.FinishedAt is null)
            .Select(run => new Finding("action", $"Cancel run {run.Number}", run.Project, $"{Href(run.Project)}/runs/{run.Number}/cancel"))
            .Where(finding => Matches(words, $"{finding.Text} {finding.Detail}"));
        return onEnvironments.Concat(onProjects).Concat(onRuns).OrderBy(finding => Rank(finding, words));
    }

    private static Finding Of(RunView run) => new(
        "run", run.Subject.Length == 0 ? "(no subject)" : run.Subject,
        $"Run {run.Number} of {run.Project} · {Look.Commit(run.Commit)} · {Look.Branch(run.Ref)} · {Look.Words(run.State)}", $"{Href(run.Project)}/runs/{run.Number}");

    private static bool Matches(RunView run, string word) =>
        NumberIn(word) == run.Number
        || IsCommit(run, word)
        // A number names a run, and not all those of a project that has its digits in its name.
        || Matches([word], run.Subject)
        || (NumberIn(word) is null && Matches([word], $"run {run.Project} {Look.Branch(run.Ref)} {run.State}"));

    private static bool IsCommit(RunView run, string word) =>
        word.Length >= CommitAtLeast && run.Commit.StartsWith(word, StringComparison.OrdinalIgnoreCase);

    private static bool Matches(string[] words, string text) => words.All(word => text.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>What begins with the query comes first, then what has it at the beginning of a word.</summary>
    private static int Rank(Finding finding, string[] words) =>
        words.Length > 0 && finding.Kind == "run" && (NumberIn(words[0]) is not null || words[0].Length >= CommitAtLeast && words[0].All(char.IsAsciiHexDigit))
            ? 0 : Rank(finding.Text, words);

    private static int Rank(string text, string[] words) =>
        words.Length == 0 || text.StartsWith(words[0], StringComparison.OrdinalIgnoreCase) ? 0
        : text.Contains(" " + words[0], StringComparison.OrdinalIgnoreCase) ? 1
        : 2;

    /// <summary><c>7</c> and <c>#7</c>.</summary>
    private static int? NumberIn(string word) =>
        int.TryParse(word.StartsWith('#') ? word[1..] : word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Href(string project) => $"/{Look.Part(project)}";

    private static string Href(EnvironmentState state) => $"{Href(state.Project)}/environments/{Look.Part(state.Name)}";

    /// <param name="Newest">Of its runs, the newest first.</param>
    private sealed record Known(long Version, ProjectState State, IReadOnlyList<RunView> Newest)
    {
        public string Name => State.Name;
    }

    /// <param name="Page">The question's, below the environment's.</param>
    private sealed record Deed(string Text, string Page, Func<EnvironmentState, DateTimeOffset, bool> IsPossible);
}
