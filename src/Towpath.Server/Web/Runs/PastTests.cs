using System.Collections.Concurrent;
using System.Collections.Frozen;
using Towpath.Engine.Views;

namespace Towpath.Server.Web.Runs;

/// <summary>Which tests failed in a run.</summary>
/// <param name="Failed">Names; null: the run had no test reports.</param>
public sealed record TestedRun(int Number, IReadOnlySet<string>? Failed);

/// <summary>What tests did in the runs before one. Rows of lists do not say it, and what is over does not change: each run is read once.</summary>
internal sealed class PastTests(Inventory inventory)
{
    /// <summary>Runs that are looked at.</summary>
    private const int RunsAtMost = 20;

    private const int KeptAtMost = 2_000;

    private readonly ConcurrentDictionary<(string Project, int Run), TestedRun> over = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<TestedRun> Before(string project, int run) =>
        [.. inventory.Runs(project, RunsAtMost, run).Select(row => Of(project, row)).OfType<TestedRun>()];

    private TestedRun? Of(string project, RunView row)
    {
        if (over.TryGetValue((project, row.Number), out var known))
            return known;
        if (inventory.Run(project, row.Number) is not { } state)
            return null;
        var read = new TestedRun(row.Number, RunView.Row(state).Tests?.FailedTests.Select(test => test.Name).ToFrozenSet(StringComparer.Ordinal));
        if (!state.IsOver)
            return read;
        if (over.Count >= KeptAtMost)
            over.Clear();
        return over[(project, row.Number)] = read;
    }
}
