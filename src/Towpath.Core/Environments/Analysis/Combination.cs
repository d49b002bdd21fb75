using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>What several metrics say together, however they depend on each other. Vovk, Wang: E-values (2021).</summary>
public static class Combination
{
    /// <summary>
    /// ln e*_i: the least mean of metric i and any others, which are the smallest others. To act on each metric with e*_i ≥ 1/α
    /// is wrong about any of them with probability α at most.
    /// </summary>
    public static ValueList<double> FamilyWise(ValueList<double> logs) => Enumerable.Range(0, logs.Count).Select(i =>
    {
        var taken = new List<double> { logs[i] };
        var least = logs[i];
        foreach (var other in Enumerable.Range(0, logs.Count).Where(other => other != i).Select(other => logs[other]).Order())
        {
            taken.Add(other);
            least = Math.Min(least, LogTail.Mean(taken));
        }

        return least;
    }).ToValueList();

    /// <summary>
    /// Which of m hypotheses to reject so that the expected share of wrong ones among them is α at most: the k largest e-values, for the
    /// largest k whose smallest is at least m/(kα). Wang, Ramdas: False discovery rate control with e-values (2022).
    /// </summary>
    /// <returns>Their indices, ascending.</returns>
    public static ValueList<int> FalseDiscovery(ValueList<double> values, double alpha)
    {
        var order = Enumerable.Range(0, values.Count).OrderByDescending(i => values[i]).ToList();
        var count = Enumerable.Range(1, values.Count).LastOrDefault(k => values[order[k - 1]] >= values.Count / (k * alpha));
        return order.Take(count).Order().ToValueList();
    }
}
