using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Environments.Analysis;
using Towpath.Core.Environments.Analysis.Bands;
using Towpath.Core.Environments.Analysis.Kayenta;

namespace Towpath.Simulation.Vectors;

/// <summary>Which part of the product answers which function of the vectors.</summary>
public static class VectorFunctions
{
    private const double UsualAlpha = 0.05;

    public static IReadOnlyDictionary<string, Func<VectorInput, IReadOnlyList<object?>>> All { get; } =
        new Dictionary<string, Func<VectorInput, IReadOnlyList<object?>>>(StringComparer.Ordinal)
        {
            ["wilcoxon_diff"] = x => [MannWhitney.Deviation(x.Number("mu"), x.Number("zq"), x.Numbers("x"), x.Numbers("y"))],
            ["mann_whitney"] = Interval,
            ["mw_pvalue"] = x => [MannWhitney.PValue(x.Numbers("x"), x.Numbers("y"))],
            ["classify"] = Classify,
            ["kayenta_score"] = x => [KayentaJudge.Score(Scored(x), Weights(x))],
            ["mean_ratio"] = x => [EffectSize.MeanRatio(x.Numbers("control"), x.Numbers("exp"))],
            ["cohen_d"] = x => [EffectSize.CohensD(x.Numbers("control"), x.Numbers("exp"))],
            ["cles"] = x => [EffectSize.CommonLanguage(x.Numbers("control"), x.Numbers("exp"))],
            ["iqr_outliers"] = x =>
                [.. OrderStatistics.Outliers(x.Numbers("data"), x.Number("factor", 1.5), x.Truth("reduce", false)).Select(each => (object?)each)],
            ["best_rho"] = x => [IsOneSided(x)
                ? OneSidedNormalMixture.BestRho(x.Number("v"), x.Number("alpha"))
                : TwoSidedNormalMixture.BestRho(x.Number("v"), x.Number("alpha"))],
            ["normal_log_mixture"] = x => LogValue(x, Normal(x)),
            ["normal_mixture_bound"] = x => Bound(x, Normal(x)),
            ["gamma_exponential_log_mixture"] = x => LogValue(x, GammaExponentialMixture.At(x.Number("v_opt"), x.Number("c"), AlphaOfPrior(x))),
            ["gamma_exponential_mixture_bound"] = x => Bound(x, GammaExponentialMixture.At(x.Number("v_opt"), x.Number("c"), AlphaOfPrior(x))),
            ["gamma_poisson_log_mixture"] = x => LogValue(x, GammaPoissonMixture.At(x.Number("v_opt"), x.Number("c"), AlphaOfPrior(x))),
            ["gamma_poisson_mixture_bound"] = x => Bound(x, GammaPoissonMixture.At(x.Number("v_opt"), x.Number("c"), AlphaOfPrior(x))),
            ["beta_binomial_log_mixture"] = x => LogValue(x, BetaBinomial(x)),
            ["beta_binomial_mixture_bound"] = x => Bound(x, BetaBinomial(x)),
            ["poly_stitching_bound"] = x =>
                [Stitching.Polynomial(x.Number("v"), x.Number("alpha"), x.Number("v_min"), x.Number("c", 0))],
            ["double_stitching_bound"] = x => [Stitching.Double(x.Number("p"), x.Number("t"), x.Number("alpha"), x.Number("t_opt"))],
            ["empirical_process_lil_bound"] = x =>
                [DistributionBand.Of(x.Number("alpha"), x.Number("t_min"), x.Number("A", 0.85)).Radius(x.Number("t"))],
            ["bernoulli_ci"] = x => Both(RateBand.Of(x.Number("k"), x.Number("n"), x.Number("alpha"), x.Number("t_opt"))),
            ["quantile_ab_p"] = x => [QuantileBand.Equality(x.Numbers("a"), x.Numbers("b"), x.Number("q"), x.Number("t_opt"))],
            ["dirichlet_log_bf"] = x => [ErrorShare.LogOdds(x.Counts("counts"), x.Numbers("theta0").ToValueList(), x.Number("k"))],
            ["bernoulli_process_p"] = x => [ErrorShare.FirstIsHighestP(x.Counts("counts"), x.Numbers("rho").ToValueList(), x.Number("k"))],
            ["log_ratio_cs"] = x => Both(ErrorShare.LogRatio(
                x.Counts("counts"), x.Numbers("rho").ToValueList(), x.Number("k"), x.Number("alpha", UsualAlpha))),
            ["grid_log_e"] = GridLogE,
            ["boundary_c"] = x => [ErrorRatio.Boundary(
                (int)x.Number("n"), x.Number("rho"), x.Number("r0", 1), x.Number("alpha", UsualAlpha))],
            ["beta_trunc_log_e"] = x => [ErrorShare.LogLarger(x.Number("c"), x.Number("b"), x.Number("theta0"))],
            ["safe22_log_s"] = x => [TwoByTwo.LogS(
                BlockOf([x.Number("na"), x.Number("nb"), x.Number("ya"), x.Number("yb")]),
                x.Number("ta"), x.Number("tb"), LineOf(x), IsBelow(x))],
            ["safe22_log_e"] = BlocksLogE,
            ["e_bh"] = x => [.. Combination.FalseDiscovery(x.Numbers("e").ToValueList(), x.Number("alpha")).Select(each => (object?)each)],
        };

    private static IReadOnlyList<object?> LogValue(VectorInput x, Mixture mixture) => [mixture.LogValue(x.Number("s"), x.Number("v"))];

    private static IReadOnlyList<object?> Bound(VectorInput x, Mixture mixture) => [mixture.Bound(x.Number("v"), x.Number("alpha"))];

    private static bool IsOneSided(VectorInput x) => x.Truth("one_sided", true);

    private static double AlphaOfPrior(VectorInput x) => x.Number("alpha_opt", UsualAlpha);

    private static Mixture Normal(VectorInput x) => IsOneSided(x)
        ? OneSidedNormalMixture.At(x.Number("v_opt"), AlphaOfPrior(x))
        : TwoSidedNormalMixture.At(x.Number("v_opt"), AlphaOfPrior(x));

    private static BetaBinomialMixture BetaBinomial(VectorInput x) =>
        BetaBinomialMixture.At(x.Number("v_opt"), x.Number("g"), x.Number("h"), IsOneSided(x), AlphaOfPrior(x));

    private static IReadOnlyList<object?> Both((double Low, double High) band) => [band.Low, band.High];

    private static IReadOnlyList<object?> Interval(VectorInput x)
    {
        var shift = MannWhitney.Of(x.Numbers("x"), x.Numbers("y"), x.Number("conf", 0.95), MannWhitney.CoarseTolerance);
        return [shift.Low, shift.High, shift.Estimate];
    }

    private static IReadOnlyList<object?> Classify(VectorInput x)
    {
        var (effect, critical) = (x.Pair("eff"), x.Pair("crit"));
        var result = MetricClassifier.Classify(x.Numbers("control"), x.Numbers("exp"), new MetricRule(
            Enum.Parse<BadDirection>(x.Text("direction", "either"), ignoreCase: true),
            x.Number("tolerance", 0.25), x.Number("conf", 0.98),
            MissingIsZero: x.Text("nan", "remove") == "replace",
            Critical: x.Truth("critical", false),
            Required: x.Truth("required", false),
            Measure: x.Text("measure", "meanRatio") == "cles" ? EffectMeasure.CommonLanguage : EffectMeasure.MeanRatio,
            // Kayenta's classifier takes 1 for both measures where its configuration does not say.
            Decrease: effect.First ?? 1, Increase: effect.Second ?? 1,
            CriticalDecrease: critical.First ?? 1, CriticalIncrease: critical.Second ?? 1));
        return [$"{result.Classification}", result.Critical, result.Deviation ?? double.NaN];
    }

    private static ValueList<ScoredMetric> Scored(VectorInput x) => x.Each("results").Select(result => new ScoredMetric(
        result[0].EnumerateArray().Select(group => group.GetString()!).ToValueList(),
        Enum.Parse<Classification>(result[1].GetString()!, ignoreCase: true), result[2].GetBoolean())).ToValueList();

    private static OrdinalMap<double> Weights(VectorInput x) => OrdinalMap<double>.From(
        x.At("weights").Json.EnumerateObject().Select(weight => KeyValuePair.Create(weight.Name, weight.Value.GetDouble())));

    /// <summary>Phases of (share, candidate's errors, baseline's errors).</summary>
    private static IReadOnlyList<object?> GridLogE(VectorInput x) =>
        [x.Each("phases").Aggregate(
            ErrorRatio.Begin(x.Number("r0", 1)),
            (evidence, phase) => evidence.Add(phase[0].GetDouble(), phase[1].GetDouble(), phase[2].GetDouble())).LogE];

    private static IReadOnlyList<object?> BlocksLogE(VectorInput x)
    {
        var line = LineOf(x);
        var places = x.Has("r") ? x.Numbers("r") : IsBelow(x) ? RatioGrid.Between(line.Ratio) : [.. RateTest.PromotionPlaces];
        var test = IsBelow(x) ? RateTest.OfWorse(line) : RateTest.OfNotWorse(line.Margin);
        if (x.Has("w"))
            test = new RateTest(test.Line, test.Below, x.Numbers("w").Select(weight => Math.Log(weight)).ToValueList());
        var seen = default(Block);
        foreach (var bin in x.Each("bins"))
        {
            var block = BlockOf([.. bin.EnumerateArray().Select(VectorInput.Value)]);
            var kappa = x.Number("kappa", RateComparison.PastCounts);
            var expected = ((kappa * x.Number("p_hist")) + seen.BaselineHits) / (kappa + seen.BaselineRequests);
            test = test.Add(block, expected, [.. places.Select(place =>
                Math.Min(RatioGrid.RateAtMost, IsBelow(x) ? place * expected : expected + (place * line.Margin)))]);
            seen += block;
        }

        return [test.LogE];
    }

    private static bool IsBelow(VectorInput x) => x.Text("kind", "ratio") != "diff";

    private static Line LineOf(VectorInput x) => IsBelow(x) ? new Line(x.Number("m", 1), 0) : new Line(1, x.Number("m"));

    private static Block BlockOf(double[] counts) => new((long)counts[0], (long)counts[2], (long)counts[1], (long)counts[3]);
}
