using Towpath.Core;
using Towpath.Core.Environments.Analysis;

namespace Towpath.Bench.Canary;

/// <summary>What a rollout is simulated with.</summary>
/// <param name="PerSecond">Requests to both versions.</param>
/// <param name="Rate">Errors of what is live, as a share of its requests.</param>
/// <param name="Share">Of the traffic that the new version gets.</param>
/// <param name="Disturbed">Both versions drift together, and have an outage together.</param>
internal sealed record Traffic(string Name, double PerSecond, double Rate, double Share, bool Disturbed = false)
{
    public const int BinsInMinute = 6;

    private const double OutageTimes = 30;

    /// <summary>The columns of the tables.</summary>
    public static IReadOnlyList<Traffic> Columns { get; } =
    [
        new("100/s, 1 %, canary 5 %", 100, 0.01, 0.05),
        new("100/s, 0.1 %, canary 5 %", 100, 0.001, 0.05),
        new("10k/s, 0.1 %, canary 1 %", 10_000, 0.001, 0.01),
        new("0.1/s, 1 %, canary 50 %", 0.1, 0.01, 0.5),
        new("5/s, 0.5 %, canary 10 %", 5, 0.005, 0.1),
    ];

    public LiveHistory History => new(PerSecond, (long)(PerSecond * 86_400), (long)(PerSecond * 86_400 * Rate), [], []);

    /// <param name="times">How many times as often the new version fails.</param>
    public TrafficBin Bin(Draws draws, int bin, double times)
    {
        var rate = Math.Min(0.9, Rate * Disturbance(bin));
        return new(Share, Arm(draws, Share, Math.Min(0.95, rate * times)), Arm(draws, 1 - Share, rate));
    }

    /// <summary>The new version's share once more, as a baseline of the same size.</summary>
    public ArmCounts Twin(Draws draws, int bin) => Arm(draws, Share, Math.Min(0.9, Rate * Disturbance(bin)));

    private ArmCounts Arm(Draws draws, double share, double rate)
    {
        var requests = draws.Poisson(PerSecond * 10 * share);
        return new(requests, draws.Binomial(requests, rate), ValueList<long>.Empty);
    }

    private double Disturbance(int bin) => !Disturbed ? 1
        : (1 + (0.5 * Math.Sin(bin / 100.0))) * (bin % 400 is > 200 and < 220 ? OutageTimes : 1);
}
