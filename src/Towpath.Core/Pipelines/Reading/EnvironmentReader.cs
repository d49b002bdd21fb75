using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <param name="migrations">Those of the file; null: none.</param>
internal sealed class EnvironmentReader(Findings findings, ReadApps apps, YamlMap? migrations)
{
    /// <summary>The sound ones, each after those that it waits for.</summary>
    public ValueList<EnvironmentDefinition> Read(IReadOnlyList<YamlEntry> environments)
    {
        var listening = new ListenReader(findings, apps);
        // Ports are claimed in the file's order, so that the second to claim one is the one to be told.
        var targets = environments
            .Where(entry => entry.Value is YamlMap)
            .ToDictionary(entry => entry.Key, entry => Target(entry.Key, (YamlMap)entry.Value, listening));
        listening.EveryStaticAppListens(targets.Values);
        return new NameGraph(findings, "environment", "after").InOrder(environments)
            .Where(entry => targets.ContainsKey(entry.Key))
            .Select(entry => Environment(entry.Key.Text, (YamlMap)entry.Value, targets[entry.Key]))
            .ToValueList();
    }

    private EnvironmentDefinition Environment(string name, YamlMap environment, TargetDefinition target)
    {
        SecretsAreNoVariables(name, environment);
        var timeout = environment.DurationOrDefault("timeout");
        var steps = new StepReader(timeout);
        return new(
            name,
            environment.Texts("after"),
            environment.Text("on"),
            environment.TextMap("env"),
            environment.Texts("secrets"),
            steps.Read(environment.Items("before")),
            environment.Items("verify").OfType<YamlMap>().Select(check => Check(name, check, steps, target)).ToValueList(),
            target,
            environment.Text("queue") == "every" ? QueueMode.Every : QueueMode.NewestReady,
            environment.DurationOrDefault("keepWarm"),
            environment.DurationOrDefault("drain"),
            timeout)
        {
            Rollout = environment["rollout"] is YamlMap rollout ? new RolloutReader(findings, apps, environment).Read(name, rollout, target) : null,
            Rolling = environment.Text("rollout") == "rolling",
            Migrations = target is AppsTarget ? Migrations(name, environment, steps) : null,
            Gates = new GateReader(findings).Read(name, environment),
        };
    }

    private MigrationDefinition? Migrations(string name, YamlMap environment, StepReader steps)
    {
        if (migrations is null)
            return null;
        var after = migrations.DurationOrDefault("contractAfter");
        if (migrations["contract"] is not null && after < environment.DurationOrDefault("keepWarm"))
            findings.Report(
                (migrations.Entry("contractAfter")?.Value ?? migrations).At,
                $"'contract' would run while the replaced version still does: environment '{name}' keeps it warm for "
                    + $"{Durations.Text(environment.DurationOrDefault("keepWarm"))}; make 'contractAfter' at least as long");
        return new(Step("expand"), Step("contract"), after);

        StepDefinition? Step(string key) => migrations[key] is YamlMap step ? steps.Step(step) : null;
    }

    private TargetDefinition Target(YamlScalar name, YamlMap environment, ListenReader listening)
    {
        if (environment["deploy"] is YamlMap deploy)
            return Command(deploy, environment);
        if (apps.Names.Count == 0)
            findings.Report(
                name.At,
                $"environment '{name.Text}' has nothing to deploy: declare an 'app' for the file, or give the environment a 'deploy' "
                    + "command");
        return new AppsTarget(listening.Read(name.Text, environment));
    }

    private CommandTarget Command(YamlMap deploy, YamlMap environment)
    {
        var steps = new StepReader(environment.DurationOrDefault("timeout"));
        var repeatable = environment.Flag("repeatable");
        var undo = environment["undo"];
        if (undo is YamlScalar { Text: "redeploy" } && !repeatable)
            findings.Report(
                undo.At,
                "'undo: redeploy' starts a deploy command again that 'repeatable: false' forbids to repeat: write `undo: none`, or a "
                    + "command");
        return undo switch
        {
            YamlMap command => new(steps.Step(deploy), UndoMode.Command, steps.Step(command), repeatable),
            YamlScalar { Text: "none" } => new(steps.Step(deploy), UndoMode.None, null, repeatable),
            null when !repeatable => new(steps.Step(deploy), UndoMode.None, null, repeatable),
            _ => new(steps.Step(deploy), UndoMode.Redeploy, null, repeatable),
        };
    }

    private Check Check(string environment, YamlMap check, StepReader steps, TargetDefinition target)
    {
        if (check["http"] is not YamlScalar path)
            return new StepCheck(steps.Step(check));
        if (target is CommandTarget or AppsTarget { Listen.Count: 0 })
            findings.Report(
                path.At,
                $"nothing listens in environment '{environment}', so an http check has no address to ask: use a step, such as `curl "
                    + "--fail URL`");
        return new HttpCheck(path.Text, check.Number("status"), check.DurationOrDefault("timeout"));
    }

    private void SecretsAreNoVariables(string name, YamlMap environment)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var secret in environment.Scalars("secrets"))
        {
            if (!seen.Add(secret.Text))
                findings.Report(secret.At, $"'{secret.Text}' is named twice in 'secrets' of environment '{name}': take one of them out");
            else if (environment.TextMap("env").ContainsKey(secret.Text))
                findings.Report(
                    secret.At,
                    $"'{secret.Text}' is both a secret and a variable of environment '{name}': take one of them out");
        }
    }
}
