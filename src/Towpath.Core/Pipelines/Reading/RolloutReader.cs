using System.Globalization;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <param name="around">The environment.</param>
internal sealed class RolloutReader(Findings findings, ReadApps apps, YamlMap around)
{
    public RolloutDefinition Read(string environment, YamlMap rollout, TargetDefinition target)
    {
        SomethingListens(environment, rollout, target);
        var steps = rollout.Items("canary").OfType<YamlMap>().ToList();
        SharesGrow(steps);
        var (dwell, longest) = (rollout.DurationOrDefault("dwell"), rollout.DurationOrDefault("longest"));
        if (longest < 2 * dwell)
            findings.Report(
                (rollout["longest"] ?? rollout["dwell"] ?? rollout).At,
                "'longest' must be at least twice 'dwell', or a step would be given up before it may end");
        var judge = Judge(rollout);
        return new(
            steps.Select(step => new RolloutStep(Share(step.Text("share")), step.Flag("pause"))).ToValueList(),
            rollout.Flag("sticky"),
            judge,
            Share(rollout.Text("alpha")),
            dwell,
            longest,
            rollout.Text("undecided") == "roll-back" ? UndecidedPolicy.RollBack : UndecidedPolicy.Hold)
        {
            Testers = rollout["testers"] is YamlMap testers ? Testers(testers) : null,
            Metrics = new MetricReader(findings, judge, around).Read(rollout),
            Kayenta = judge == JudgeKind.Kayenta ? Kayenta((rollout["judge"] as YamlMap)?["kayenta"] as YamlMap) : null,
        };
    }

    private TestersDefinition Testers(YamlMap testers)
    {
        var (hasHeader, hasCookie) = (testers.Entry("header") is not null, testers.Entry("cookie") is not null);
        if (hasHeader == hasCookie)
            findings.Report(
                testers.At, !hasHeader
                    ? "testers are known by a header or by a cookie: add `header: X-Tester`, or `cookie`"
                    : "testers are known by a header or by a cookie, and these have both: take one out");
        return new(hasHeader ? TesterMark.Header : TesterMark.Cookie, testers.Text(hasHeader ? "header" : "cookie") ?? "", testers.Text("value") ?? "");
    }

    private static JudgeKind Judge(YamlMap rollout) => rollout["judge"] is YamlMap ? JudgeKind.Kayenta : rollout.Text("judge") switch
    {
        "none" => JudgeKind.None,
        "threshold" => JudgeKind.Threshold,
        "kayenta" => JudgeKind.Kayenta,
        _ => JudgeKind.Sequential,
    };

    /// <param name="settings">Null: all are as usual.</param>
    private KayentaDefinition Kayenta(YamlMap? settings)
    {
        if (settings is null)
            return new(95, 75, OrdinalMap<int>.Empty);
        var weights = OrdinalMap<int>.From(settings.Named("weights").Where(entry => entry.Value is YamlScalar)
            .Select(entry => KeyValuePair.Create(entry.Key.Text, int.Parse(((YamlScalar)entry.Value).Text, CultureInfo.InvariantCulture))));
        if (weights.Values.Sum() > 100)
            findings.Report(settings["weights"]!.At, $"the weights add up to {weights.Values.Sum()}: they are percentages, and 100 is all there is");
        var (pass, marginal) = (settings.Number("pass"), settings.Number("marginal"));
        if (marginal > pass)
            findings.Report((settings["marginal"] ?? settings).At, $"'marginal' ({marginal}) must be at most 'pass' ({pass})");
        return new(pass, marginal, weights);
    }

    /// <summary>0 for what was reported already.</summary>
    private static double Share(string? percentage) => percentage is null
        ? 0
        : (double)(decimal.Parse(percentage.AsSpan(0, percentage.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) / 100);

    private void SomethingListens(string environment, YamlMap rollout, TargetDefinition target)
    {
        var listens = (target as AppsTarget)?.Listen.Keys ?? [];
        if (apps.Sound.OfType<ProcessApp>().Any(app => listens.Contains(app.Name)))
            return;
        var site = apps.Sound.OfType<StaticApp>().FirstOrDefault(app => listens.Contains(app.Name));
        findings.Report(
            rollout.At,
            site is null
                ? $"no app listens in environment '{environment}', so there is no traffic to move in steps: add 'listen', or take 'rollout' out"
                : $"'{site.Name}' is a static app, and its files change all at once: take 'rollout' out of environment '{environment}'");
    }

    private void SharesGrow(List<YamlMap> steps)
    {
        for (var i = 1; i < steps.Count; i++)
        {
            if (steps[i]["share"] is YamlScalar share && Share(share.Text) <= Share(steps[i - 1].Text("share")))
                findings.Report(
                    share.At, $"{share.Text} comes after {steps[i - 1].Text("share")}: each step of a canary has a larger share than the one before");
        }
    }
}
