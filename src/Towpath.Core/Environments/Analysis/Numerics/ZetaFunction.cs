namespace Towpath.Core.Environments.Analysis.Numerics;

/// <summary>Riemann's zeta function.</summary>
public static class ZetaFunction
{
    private const int Terms = 30;

    /// <summary>ζ(s), for s > 1: thirty terms and Euler and Maclaurin's remainder (A&amp;S 23.2.1, 23.1.30); error below 1e-14.</summary>
    public static double Of(double s)
    {
        var sum = 0.0;
        for (var n = 1; n < Terms; n++)
            sum += Math.Pow(n, -s);
        var last = Math.Pow(Terms, -s);
        return sum + (last * Terms / (s - 1)) + (last / 2) + (s * last / (12 * Terms))
            - (s * (s + 1) * (s + 2) * last / (720 * Math.Pow(Terms, 3)))
            + (s * (s + 1) * (s + 2) * (s + 3) * (s + 4) * last / (30240 * Math.Pow(Terms, 5)));
    }
}
