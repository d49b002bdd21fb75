namespace Towpath.Core.Environments.Analysis.Numerics;

/// <summary>Sums and differences of numbers that are known by their logarithms.</summary>
public static class LogTail
{
    /// <summary>ln(1 − e^x), for x ≤ 0.</summary>
    public static double Complement(double x) => x >= 0 ? double.NegativeInfinity
        : x > -0.7 ? Math.Log(-ExpMinusOne(x))
        : LogOnePlus(-Math.Exp(x));

    /// <summary>ln Σ e^x; negative infinity for none.</summary>
    public static double Sum(IReadOnlyList<double> logs)
    {
        var most = double.NegativeInfinity;
        for (var i = 0; i < logs.Count; i++)
            most = Math.Max(most, logs[i]);
        if (double.IsInfinity(most))
            return most;
        var sum = 0.0;
        for (var i = 0; i < logs.Count; i++)
            sum += Math.Exp(logs[i] - most);
        return most + Math.Log(sum);
    }

    /// <summary>ln of the mean of e^x.</summary>
    public static double Mean(IReadOnlyList<double> logs) => Sum(logs) - Math.Log(logs.Count);

    /// <summary>ln(1 + x) without losing small x (Kahan).</summary>
    public static double LogOnePlus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }

    /// <summary>e^x − 1 without losing small x (Kahan).</summary>
    public static double ExpMinusOne(double x)
    {
        var power = Math.Exp(x);
        return power == 1 ? x : power == 0 ? -1 : (power - 1) * (x / Math.Log(power));
    }
}
