using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Core.Environments.Analysis;

/// <summary>
/// Which arm the errors come from, for reports and for several arms: e-values against given shares, with a prior around them
/// (Lindon, Malek: Anytime-valid inference for multinomial count data, 2022).
/// </summary>
public static class ErrorShare
{
    /// <summary>
    /// ln O = ln B(α + S) − ln B(α) − Σ S_i ln θ_i with α = kθ: what the counts say against the shares θ. 1/O is a p-value at all times.
    /// </summary>
    /// <param name="shares">Above 0, with the sum 1.</param>
    /// <param name="weight">k, above 0: the prior counts as so many errors.</param>
    public static double LogOdds(ValueList<long> errors, ValueList<double> shares, double weight) =>
        LogOdds(errors, shares, shares, weight);

    /// <summary>
    /// The p-value, valid at all times, of "no arm has a higher error rate than the first". The shares that come nearest to the counts
    /// while that holds are found by pooling the first arm with those that are above it.
    /// </summary>
    public static double FirstIsHighestP(ValueList<long> errors, ValueList<double> shares, double weight)
    {
        var (pooledErrors, pooledShare) = ((double)errors[0], shares[0]);
        var pooled = new bool[errors.Count];
        pooled[0] = true;
        foreach (var arm in Enumerable.Range(1, errors.Count - 1).OrderByDescending(arm => errors[arm] / shares[arm]))
        {
            if (errors[arm] / shares[arm] <= pooledErrors / pooledShare)
                break;
            (pooledErrors, pooledShare) = (pooledErrors + errors[arm], pooledShare + shares[arm]);
            pooled[arm] = true;
        }

        double all = errors.Sum();
        var nearest = Enumerable.Range(0, errors.Count)
            .Select(arm => pooled[arm] ? shares[arm] * pooledErrors / pooledShare / all : errors[arm] / all).ToValueList();
        return all == 0 ? 1 : Math.Min(1, Math.Exp(-LogOdds(errors, nearest, shares, weight)));
    }

    /// <summary>
    /// Where the log of the second arm's error rate over the first's lies, with probability 1 − α at whatever times one looks: all
    /// values that the counts do not speak against.
    /// </summary>
    /// <param name="errors">Of two arms, at least one error each.</param>
    public static (double Low, double High) LogRatio(ValueList<long> errors, ValueList<double> shares, double weight, double alpha)
    {
        const double far = 50;
        var likeliest = Math.Log((errors[1] / shares[1]) / (errors[0] / shares[0]));
        return (
            RootSearch.Bisect(Excess, likeliest - far, likeliest, falls: true),
            RootSearch.Bisect(Excess, likeliest, likeliest + far));

        double Excess(double logRatio)
        {
            var (first, second) = (shares[0], shares[1] * Math.Exp(logRatio));
            return LogOdds(errors, [first / (first + second), second / (first + second)], shares, weight) - Math.Log(1 / alpha);
        }
    }

    /// <summary>
    /// ln of the mean likelihood ratio against the share θ0 of two arms, over all larger shares with even weight (a beta distribution
    /// that is cut off at θ0).
    /// </summary>
    /// <param name="tolerated">θ0, above 0 and below 1.</param>
    public static double LogLarger(double candidateErrors, double baselineErrors, double tolerated) =>
        BetaFunction.Log(candidateErrors + 1, baselineErrors + 1)
        + BetaFunction.LogUpper(candidateErrors + 1, baselineErrors + 1, tolerated)
        - ((candidateErrors * Math.Log(tolerated)) + ((baselineErrors + 1) * LogTail.LogOnePlus(-tolerated)));

    private static double LogOdds(ValueList<long> errors, ValueList<double> against, ValueList<double> shares, double weight)
    {
        var (before, after, likelihood) = (new double[errors.Count], new double[errors.Count], 0.0);
        for (var arm = 0; arm < errors.Count; arm++)
        {
            before[arm] = weight * shares[arm];
            after[arm] = before[arm] + errors[arm];
            likelihood += errors[arm] == 0 ? 0 : errors[arm] * Math.Log(against[arm]);
        }

        return BetaFunction.Log(after) - BetaFunction.Log(before) - likelihood;
    }
}
