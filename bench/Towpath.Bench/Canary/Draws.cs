using Towpath.Core.Environments.Analysis.Numerics;

namespace Towpath.Bench.Canary;

/// <summary>Seeded draws of counts. All are exact: distributions are walked through from their mode.</summary>
internal sealed class Draws(int seed)
{
    private readonly Random random = new(seed);

    public double Uniform() => random.NextDouble();

    public long Poisson(double mean)
    {
        if (mean <= 0)
            return 0;
        var mode = (long)mean;
        return Walk(mode, Math.Exp((mode * Math.Log(mean)) - mean - GammaFunction.Log(mode + 1)), long.MaxValue, k => mean / k);
    }

    public long Binomial(long count, double rate)
    {
        if (count <= 0 || rate <= 0)
            return 0;
        if (rate >= 1)
            return count;
        var mode = Math.Min(count, (long)((count + 1) * rate));
        var atMode = GammaFunction.Log(count + 1) - GammaFunction.Log(mode + 1) - GammaFunction.Log(count - mode + 1)
            + (mode * Math.Log(rate)) + ((count - mode) * Math.Log(1 - rate));
        return Walk(mode, Math.Exp(atMode), count, k => (count - k + 1) * rate / (k * (1 - rate)));
    }

    /// <summary>How many trials until the first success, at least 1.</summary>
    public long Geometric(double rate) => rate >= 1 ? 1 : 1 + (long)(Math.Log(1 - Uniform()) / Math.Log(1 - rate));

    /// <param name="ratio">The probability of k over that of k − 1.</param>
    private long Walk(long mode, double atMode, long most, Func<long, double> ratio)
    {
        var left = Uniform() - atMode;
        var (down, up, below, above) = (mode, mode, atMode, atMode);
        while (left > 0 && (down > 0 || up < most))
        {
            if (down > 0)
            {
                below /= ratio(down);
                down--;
                if ((left -= below) <= 0)
                    return down;
            }

            if (up < most)
            {
                up++;
                above *= ratio(up);
                if ((left -= above) <= 0)
                    return up;
            }

            if (below + above < 1e-18)
                break;
        }

        return mode;
    }
}
