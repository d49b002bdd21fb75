namespace Towpath.Core.Environments.Analysis.Numerics;

/// <summary>Where a function is zero, and where it is least.</summary>
public static class RootSearch
{
    private const double Epsilon = 2.220446049250313e-16;

    private static readonly double Golden = (3 - Math.Sqrt(5)) / 2;

    /// <summary>
    /// Halves the interval until no number lies within; the function has another sign at <paramref name="high"/> than at
    /// <paramref name="low"/>, or the search ends at one of them.
    /// </summary>
    /// <param name="falls">True: positive at the low end.</param>
    public static double Bisect(Func<double, double> function, double low, double high, bool falls = false)
    {
        for (var halving = 0; halving < 200; halving++)
        {
            var middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high)
                break;
            if (function(middle) > 0 == falls)
                low = middle;
            else
                high = middle;
        }

        return low + ((high - low) / 2);
    }

    /// <summary>The place of the least value of a function with one valley, by golden sections; exact to about 1e-9 of the interval.</summary>
    public static double Least(Func<double, double> function, double low, double high)
    {
        var (left, right) = (low + (Golden * (high - low)), high - (Golden * (high - low)));
        var (atLeft, atRight) = (function(left), function(right));
        for (var cut = 0; cut < 60; cut++)
        {
            if (atLeft <= atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = low + (Golden * (high - low));
                atLeft = function(left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = high - (Golden * (high - low));
                atRight = function(right);
            }
        }

        return atLeft <= atRight ? left : right;
    }

    /// <summary>
    /// Brent's search (Algorithms for Minimization without Derivatives, 1973, chapter 4), step by step as R's uniroot does it:
    /// on a function with jumps, which of the points near a jump comes out is part of the result.
    /// </summary>
    /// <param name="tolerance">How far the result may be from the zero, in the units of the interval.</param>
    public static double Brent(Func<double, double> function, double low, double high, double tolerance)
    {
        var (previous, best) = (new Point(low, function(low)), new Point(high, function(high)));
        var other = previous;
        if (previous.Value == 0)
            return low;
        for (var step = 0; step < 1000 && best.Value != 0; step++)
        {
            var lastStep = best.Place - previous.Place;
            if (Math.Abs(other.Value) < Math.Abs(best.Value))
                (previous, best, other) = (best, other, best);
            var least = (2 * Epsilon * Math.Abs(best.Place)) + (tolerance / 2);
            var half = (other.Place - best.Place) / 2;
            if (Math.Abs(half) <= least)
                break;
            var next = Math.Abs(lastStep) >= least && Math.Abs(previous.Value) > Math.Abs(best.Value)
                ? Interpolated(previous, best, other, lastStep, least) ?? half
                : half;
            if (Math.Abs(next) < least)
                next = next > 0 ? least : -least;
            previous = best;
            best = new Point(best.Place + next, function(best.Place + next));
            if ((best.Value > 0 && other.Value > 0) || (best.Value < 0 && other.Value < 0))
                other = previous;
        }

        return best.Place;
    }

    /// <summary>A step by a line or by an inverse parabola; null where it leaves the interval or gains too little.</summary>
    private static double? Interpolated(Point previous, Point best, Point other, double lastStep, double least)
    {
        var (width, ratio) = (other.Place - best.Place, best.Value / previous.Value);
        double p, q;
        if (previous.Place == other.Place)
        {
            (p, q) = (width * ratio, 1 - ratio);
        }
        else
        {
            var (far, near) = (previous.Value / other.Value, best.Value / other.Value);
            p = ratio * ((width * far * (far - near)) - ((best.Place - previous.Place) * (near - 1)));
            q = (far - 1) * (near - 1) * (ratio - 1);
        }

        if (p > 0)
            q = -q;
        else
            p = -p;
        return p < (0.75 * width * q) - (Math.Abs(least * q) / 2) && p < Math.Abs(lastStep * q / 2) ? p / q : null;
    }

    private readonly record struct Point(double Place, double Value);
}
