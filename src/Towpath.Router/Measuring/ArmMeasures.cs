using System.Numerics;
using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Measures;
using Towpath.Protocol.Router;

namespace Towpath.Router.Measuring;

/// <summary>
/// The counters of one version. A request costs two additions at most and allocates nothing. Each core adds in a place of its
/// own, so that they do not take turns for one cache line; a reading adds the places up.
/// </summary>
internal sealed class ArmMeasures
{
    private const int MostStripes = 16;

    // Where what lies in a stripe. The unused places keep two stripes that lie side by side in memory on different lines.
    private const int Unused = 8;
    private const int Statuses = Unused;
    private const int Incomplete = Statuses + 5;
    private const int Testers = Incomplete + 1;
    private const int Upgrades = Testers + 2;
    private const int Streams = Upgrades + 2;
    private const int Aborted = Streams + 2;
    private const int Latency = Aborted + 1;
    private const int Length = Latency + LatencyBuckets.Count + Unused;

    private readonly long[][] _stripes;

    public ArmMeasures()
    {
        var count = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, MostStripes));
        _stripes = [.. Enumerable.Range(0, count).Select(_ => new long[Length])];
    }

    /// <summary>A request of a tester.</summary>
    public void CountTester(bool failed) => Count(Testers, failed);

    /// <summary>A connection that was switched over.</summary>
    public void CountUpgrade(bool failed) => Count(Upgrades, failed);

    /// <summary>An answer that is a stream of events.</summary>
    public void CountStream(bool failed) => Count(Streams, failed);

    public void CountAborted() => Add(Aborted);

    public void CountIncomplete() => Add(Incomplete);

    /// <param name="status">100 to 599; what is beyond counts with the nearest class.</param>
    /// <param name="took">From the request's begin until all of the answer was passed on; not counted for failures.</param>
    public void CountAnswer(int status, TimeSpan took)
    {
        var stripe = _stripes[Thread.GetCurrentProcessorId() & (_stripes.Length - 1)];
        Interlocked.Increment(ref stripe[Statuses + Math.Clamp((status / 100) - 1, 0, 4)]);
        if (status < StatusCodes.Status500InternalServerError)
            Interlocked.Increment(ref stripe[Latency + LatencyBuckets.IndexOf(took.Ticks / TimeSpan.TicksPerMicrosecond)]);
    }

    /// <summary>Without release, epoch and what is in flight.</summary>
    public VersionMeasures Read()
    {
        var sum = new long[Length];
        foreach (var stripe in _stripes)
        {
            for (var i = 0; i < Length; i++)
                sum[i] += Volatile.Read(ref stripe[i]);
        }

        // Totals are made of what was read, and not counted by themselves: they always fit together.
        var answers = sum.AsSpan(Statuses, 5);
        var measures = new VersionMeasures
        {
            Requests = answers[0] + answers[1] + answers[2] + answers[3] + answers[4] + sum[Incomplete],
            Failures = answers[4] + sum[Incomplete],
            Status1Xx = answers[0],
            Status2Xx = answers[1],
            Status3Xx = answers[2],
            Status4Xx = answers[3],
            Status5Xx = answers[4],
            Incomplete = sum[Incomplete],
            Testers = TallyOf(sum, Testers),
            Upgrades = TallyOf(sum, Upgrades),
            Streams = TallyOf(sum, Streams),
            Aborted = new Tally { Requests = sum[Aborted] },
        };
        var latency = sum.AsSpan(Latency, LatencyBuckets.Count);
        var used = latency.LastIndexOfAnyExcept(0) + 1;
        measures.Latency.AddRange(latency[..used].ToArray());
        return measures;
    }

    private static Tally TallyOf(long[] sum, int place) => new() { Requests = sum[place] + sum[place + 1], Failures = sum[place + 1] };

    private void Count(int place, bool failed) => Add(failed ? place + 1 : place);

    private void Add(int place) => Interlocked.Increment(ref _stripes[Thread.GetCurrentProcessorId() & (_stripes.Length - 1)][place]);
}
