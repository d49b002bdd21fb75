using System.Globalization;

namespace Towpath.Server.Web.Runs;

/// <summary>What a test that failed did in the runs before.</summary>
/// <param name="Words">The beginning of a sentence.</param>
/// <param name="Last">The newest run before in which it failed; null: none of those that were looked at.</param>
public sealed record TestPast(string Words, int? Last)
{
    /// <param name="before">Newest first.</param>
    /// <returns>Null: no run before had test reports.</returns>
    public static TestPast? Of(string test, IReadOnlyList<TestedRun> before)
    {
        var reported = before.Where(run => run.Failed is not null).ToList();
        if (reported.Count == 0)
            return null;
        var failed = reported.Where(run => run.Failed!.Contains(test)).ToList();
        var runs = reported.Count == 1 ? "the run before" : string.Create(CultureInfo.InvariantCulture, $"the {reported.Count} runs before");
        return failed.Count == 0
            ? new($"It did not fail in {runs}", null)
            : new(reported.Count == 1 ? "It failed in the run before too" : $"It failed in {failed.Count.ToString(CultureInfo.InvariantCulture)} of {runs}", failed[0].Number);
    }
}
