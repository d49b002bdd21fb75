using System.Text.Json;

namespace Towpath.Chaos;

/// <summary>What all journeys came to.</summary>
internal sealed class Report
{
    private readonly List<double> gaps = [];

    /// <summary>Kills at a failpoint.</summary>
    public int Crossings { get; set; }

    public int Journeys { get; private set; }

    public int EndedRight { get; private set; }

    public int PushesMadeAgain { get; private set; }

    public int Requests { get; private set; }

    /// <summary>Where nobody killed the router.</summary>
    public int FailedRequests { get; private set; }

    /// <summary>Around the router's own death.</summary>
    public int FailedWithTheRouter { get; private set; }

    public bool IsRight => EndedRight == Journeys && FailedRequests == 0 && Journeys > 0;

    public void Add(string killed, JourneyResult result)
    {
        Journeys++;
        EndedRight += result.Broken.Length == 0 ? 1 : 0;
        PushesMadeAgain += result.BrokenPushes;
        Requests += result.Load?.Requests ?? 0;
        if (killed != "router")
            FailedRequests += result.Load?.Failed ?? 0;
        else
            FailedWithTheRouter += result.Load?.Failed ?? 0;
        if (killed == "router" && result.Load is { GapMs: > 0 } load)
            gaps.Add(load.GapMs);
    }

    public string Line(string process, bool json)
    {
        var sorted = gaps.Order().ToList();
        var (median, longest) = sorted.Count == 0 ? (0, 0) : (Math.Round(sorted[sorted.Count / 2]), Math.Round(sorted[^1]));
        return json
            ? JsonSerializer.Serialize(
                new
                {
                    process,
                    crossings = Crossings,
                    journeys = Journeys,
                    runs = 2 * Journeys,
                    endedRight = EndedRight,
                    pushesMadeAgain = PushesMadeAgain,
                    requests = Requests,
                    failedRequests = FailedRequests,
                    failedWithTheRouter = FailedWithTheRouter,
                    gaps = gaps.Count,
                    gapMsMedian = median,
                    gapMsLongest = longest,
                })
            : $"{process}: killed at {Crossings} crossings in {Journeys} journeys ({2 * Journeys} runs); {EndedRight} ended right; "
                + $"{FailedRequests} of {Requests} requests failed, and {FailedWithTheRouter} with the router "
                + $"({gaps.Count} gaps, median {median} ms, longest {longest} ms)";
    }
}
