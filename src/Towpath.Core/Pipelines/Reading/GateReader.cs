using System.Diagnostics;
using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

internal sealed class GateReader(Findings findings)
{
    public ValueList<GateDefinition> Read(string environment, YamlMap map) =>
        map.Items("gates").OfType<YamlMap>().Select(gate => Gate(environment, map, gate)).OfType<GateDefinition>().ToValueList();

    /// <summary>Null for what was reported already.</summary>
    private GateDefinition? Gate(string environment, YamlMap around, YamlMap gate)
    {
        var within = gate.DurationOrDefault("within");
        if (gate["approval"] is YamlMap approval)
            return Approval(approval, within);
        if (gate["webhook"] is YamlMap webhook)
            return Webhook(around, webhook, within);
        if (gate["soak"] is YamlScalar soak)
            return Soak(environment, around, gate, soak, within);
        if (gate["window"] is YamlList)
            return new WindowGate(gate.Scalars("window").Select(Window).ToValueList(), within);
        return gate["freeze"] is YamlList ? new FreezeGate(gate.Scalars("freeze").Select(Period).ToValueList(), within) : null;
    }

    private WebhookGate Webhook(YamlMap around, YamlMap webhook, TimeSpan within) =>
        new(webhook.Text("url")!, webhook.DurationOrDefault("every"), webhook.Text("overdue") == "pass", within)
        {
            Headers = new HeaderReader(findings, around).Read(webhook),
        };

    private ApprovalGate Approval(YamlMap approval, TimeSpan within)
    {
        var (people, by) = (approval.Number("people"), approval.Texts("by"));
        if (by.Count > 0 && by.Distinct().Count() < people)
            findings.Report(
                approval["by"]!.At,
                $"{people} people have to approve, and 'by' names {by.Distinct().Count()}: name more, or take 'people' down");
        return new(people, by, within);
    }

    private SoakGate Soak(string environment, YamlMap around, YamlMap gate, YamlScalar soak, TimeSpan within)
    {
        var time = Durations.Read(soak.Text)!.Value;
        if (around.Texts("after").Count == 0)
            findings.Report(
                soak.At,
                $"environment '{environment}' comes after no other, so nothing can soak there: add 'after', or take 'soak' out");
        if (time >= within && gate["within"] is not Unsound)
            findings.Report(
                (gate.Entry("within")?.Value ?? soak).At,
                $"a soak time of {Durations.Text(time)} is never over within {Durations.Text(within)}: give it more time with 'within', or make it shorter");
        return new(time, within);
    }

    private static Window Window(YamlScalar text) =>
        Pipelines.Window.TryRead(text.Text, out var window, out _) ? window : throw new UnreachableException();

    private static FreezePeriod Period(YamlScalar text) =>
        FreezePeriod.TryRead(text.Text, out var period, out _) ? period : throw new UnreachableException();
}
