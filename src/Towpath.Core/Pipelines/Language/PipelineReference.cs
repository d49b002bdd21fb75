using System.Diagnostics;
using System.Text;

namespace Towpath.Core.Pipelines.Language;

/// <summary>The table of keys as docs/pipeline-file.md, between the words that explain it (<see cref="ReferenceText"/>).</summary>
public static class PipelineReference
{
    /// <summary>What docs/pipeline-file.md holds.</summary>
    public static string Markdown()
    {
        string[] sections =
        [
            ReferenceText.Opening,
            ReferenceText.Root, Table(PipelineKeys.File),
            ReferenceText.Jobs, Table(JobKeys.Job),
            ReferenceText.Steps, Table(JobKeys.Step),
            ReferenceText.Reports, Table(JobKeys.Reports),
            ReferenceText.Triggers, Table(TriggerKeys.Schedule),
            ReferenceText.Package,
            ReferenceText.Processes, Table(AppKeys.Process),
            ReferenceText.StaticSites, Table(AppKeys.Static),
            ReferenceText.Migrations, Table(MigrationKeys.Migrations),
            ReferenceText.Environments, Table("key of every environment", EnvironmentKeys.Everywhere),
            ReferenceText.EnvironmentsWithApps, Table("further key", EnvironmentKeys.OnlyWithApps),
            ReferenceText.EnvironmentsWithCommand, Table("further key", EnvironmentKeys.OnlyWithCommand),
            ReferenceText.Checks, Table(EnvironmentKeys.HttpCheck),
            GateText.Gates, .. new[] { GateKeys.Approval, GateKeys.Window, GateKeys.Freeze, GateKeys.Soak, GateKeys.Webhook }.Select(Table),
            GateText.Approvals, Table((KeySet)GateKeys.Approval.Keys[0].Shape), GateText.Webhooks, Table((KeySet)GateKeys.Webhook.Keys[0].Shape),
            RolloutText.Rollouts, Table(RolloutKeys.Rollout), Table(RolloutKeys.Step), Table(RolloutKeys.Testers),
            RolloutText.Metrics, Table("key of every metric", MetricKeys.Everywhere), Table("further key", MetricKeys.OnlyOfOneSource),
            Table("key of a compared metric", MetricKeys.OnlyCompared), Table(MetricKeys.Kayenta),
            ReferenceText.Values, ValueTable(),
            ReferenceText.Mistakes,
            ReferenceText.Later, LaterList(),
        ];
        return string.Join("\n\n", sections.Select(section => section.ReplaceLineEndings("\n").Trim())) + "\n";
    }

    private static string Table(KeySet set) => Table($"key of {WithArticle(set.Noun)}", set.Keys);

    private static string WithArticle(string noun) => (noun[0] is 'a' or 'e' or 'h' ? "an " : "a ") + noun;

    private static string Table(string heading, IEnumerable<Key> keys)
    {
        var table = new StringBuilder($"| {heading} | value | default | meaning |\n|---|---|---|---|\n");
        foreach (var key in keys)
        {
            var standard = key.Required ? "*required*" : key.Default is not null ? $"`{key.Default}`" : key.DefaultMeans ?? "none";
            var meaning = $"{key.Description} Example: `{key.Name}: {key.Example}`";
            table.Append($"| `{key.Name}` | {Cell(TypeOf(key.Shape))} | {Cell(standard)} | {Cell(meaning)} |\n");
        }

        return table.ToString();
    }

    private static string ValueTable()
    {
        var table = new StringBuilder("| value | what it is |\n|---|---|\n");
        TextShape[] texts =
        [
            Values.Address, Values.AgentName, Values.Command, Values.Condition, Values.Cron, Values.Freeze, Values.Glob, Values.JsonPath, Values.Name,
            Values.Path, Values.Person, Values.Program, Values.Share, Values.Window, Values.Zone, Values.Url, Values.UrlPath, Values.VariableName,
        ];
        foreach (var text in texts)
            table.Append($"| {text.Name} | {Cell(text.Expected)} |\n");
        table.Append($"| duration | {Values.Timeout.Expected}; units are `d`, `h`, `m` and `s` |\n");
        return table.ToString();
    }

    private static string LaterList()
    {
        KeySet[] all = [PipelineKeys.File, JobKeys.Job, JobKeys.Step, AppKeys.Process, EnvironmentKeys.WithApps];
        return string.Join("\n", all.Where(set => set.Later.Count > 0)
            .Select(set => $"- in {WithArticle(set.Noun)}: {string.Join(", ", set.Later.Select(key => $"`{key}`"))}"));
    }

    private static string TypeOf(Shape shape) => shape switch
    {
        TextShape text => text.Name,
        DurationShape => "duration",
        WholeNumberShape number => $"{number.Least} to {number.Most}",
        FlagShape => "`true` or `false`",
        ChoiceShape choice => string.Join(" or ", choice.Words.Select(word => $"`{word}`")),
        ListShape { Item: var item, Noun: var noun } => $"{(item is TextShape { Name: not "name" } ? TypeOf(item) : noun)}, or a list",
        NamedShape { Item: TextShape item } named => $"map from {named.Noun} to {item.Name}",
        NamedShape named => $"map of {named.Noun}s",
        KeySet keys => keys.Noun,
        EitherShape either => string.Join(", or ", either.Shapes.Select(TypeOf).Distinct()),
        _ => throw new UnreachableException(),
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
