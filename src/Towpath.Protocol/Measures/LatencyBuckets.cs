using System.Numerics;

namespace Towpath.Protocol.Measures;

/// <summary>
/// The buckets in which the router counts latencies. Times are whole microseconds. Below 64 us each microsecond has a bucket;
/// above, every doubling is divided into 32 buckets of one width, up to 2^27 us (134 s); the last bucket has what took longer.
/// So a bucket from 64 us on is at most 1/32 of its lower edge wide, and its middle is at most 1/64 (1.6 %) off.
/// </summary>
public static class LatencyBuckets
{
    private const int PartsOfDoubling = 32;
    private const int Exact = 2 * PartsOfDoubling;
    private const int LargestPower = 27;

    /// <summary>Edges lie on powers of two, so that a bucket is found by shifting.</summary>
    private const int Power = 5;

    /// <summary>737, the last of which has no upper edge.</summary>
    public const int Count = (PartsOfDoubling * (LargestPower - Power + 1)) + 1;

    /// <param name="microseconds">Below 0 counts as 0.</param>
    public static int IndexOf(long microseconds)
    {
        if (microseconds < Exact)
            return (int)Math.Max(0, microseconds);

        var shift = BitOperations.Log2((ulong)microseconds) - Power;
        return Math.Min((PartsOfDoubling * shift) + (int)(microseconds >> shift), Count - 1);
    }

    /// <summary>The shortest time that is in the bucket, in microseconds. The next bucket's is the first that is not.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public static long LowerEdge(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (index < Exact)
            return index;

        var shift = (index / PartsOfDoubling) - 1;
        return (long)(index - (PartsOfDoubling * shift)) << shift;
    }

    /// <summary>
    /// The time, in microseconds, that the given part of what was counted does not exceed: the middle of the bucket in which
    /// it lies, so at most 1/64 off. In the last bucket its lower edge, 2^27. Null when nothing was counted.
    /// </summary>
    /// <param name="counts">By index; buckets that are missing at the end have 0.</param>
    /// <param name="part">0 to 1: 0.5 is the median.</param>
    public static double? Quantile(IReadOnlyList<long> counts, double part)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(part, 1);
        var rank = Math.Max(1, (long)Math.Ceiling(part * counts.Sum()));
        long below = 0;
        for (var i = 0; i < counts.Count; i++)
        {
            below += counts[i];
            if (below >= rank)
                return i == Count - 1 ? LowerEdge(i) : (LowerEdge(i) + LowerEdge(i + 1)) / 2.0;
        }

        return null;
    }
}
