namespace Towpath.Core.Environments.Analysis.Numerics;

/// <summary>The standard normal distribution.</summary>
public static class NormalDistribution
{
    /// <summary>ln Φ(z), by the incomplete gamma function: Φ(−z) = Q(1/2, z²/2) / 2 for z ≥ 0 (A&amp;S 26.2.30, 6.5.17).</summary>
    public static double LogLower(double z) => z <= 0
        ? GammaFunction.LogUpper(0.5, z * z / 2) - Math.Log(2)
        : LogTail.LogOnePlus(-Math.Exp(LogLower(-z)));

    /// <summary>Φ(z), relative error about 1e-15 also in the lower tail.</summary>
    public static double Lower(double z) => Math.Exp(LogLower(z));

    /// <summary>The z with Φ(z) = <paramref name="share"/>, 0 &lt; share &lt; 1: a rational start (A&amp;S 26.2.23), then Newton's method.</summary>
    public static double Quantile(double share)
    {
        if (share > 0.5)
            return -Quantile(1 - share);
        var t = Math.Sqrt(-2 * Math.Log(share));
        var z = -(t - ((2.515517 + (0.802853 * t) + (0.010328 * t * t)) / (1 + (1.432788 * t) + (0.189269 * t * t) + (0.001308 * t * t * t))));
        for (var step = 0; step < 4; step++)
            z -= (Lower(z) - share) * Math.Sqrt(2 * Math.PI) * Math.Exp(z * z / 2);
        return z;
    }
}
