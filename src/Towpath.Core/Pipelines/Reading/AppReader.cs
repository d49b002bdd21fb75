using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <param name="Names">All that the file names, unsound ones included.</param>
/// <param name="Sound">Sorted by name.</param>
/// <param name="Places">Of each name.</param>
internal sealed record ReadApps(ValueList<string> Names, ValueList<AppDefinition> Sound, OrdinalMap<Mark> Places);

internal sealed class AppReader(Findings findings, PackageDefinition? package)
{
    private const string OnlyName = "web";
    private static readonly TimeSpan DefaultReadyAfter = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyList<string> parts =
        package is null ? [] : [.. package.Parts.Select(part => part.Name).Where(name => name.Length > 0)];

    public ReadApps Read(YamlMap file)
    {
        var entries = Entries(file);
        var sound = entries
            .Where(entry => entry.Value is YamlMap)
            .Select(entry => App(entry.Key.Text, (YamlMap)entry.Value))
            .OrderBy(app => app.Name, StringComparer.Ordinal);
        return new(
            entries.Select(entry => entry.Key.Text).ToValueList(),
            sound.ToValueList(),
            OrdinalMap<Mark>.From(entries.Select(entry => KeyValuePair.Create(entry.Key.Text, entry.Key.At))));
    }

    private IReadOnlyList<YamlEntry> Entries(YamlMap file)
    {
        if (file.Entry("app") is not { } only)
            return file.Named("apps");
        if (file.Entry("apps") is { } several)
            findings.Report(
                several.Key.At,
                $"'apps' does not go with 'app', which is short for one app called '{OnlyName}': move it into 'apps'");
        return [new(only.Key with { Text = OnlyName }, only.Value)];
    }

    private AppDefinition App(string name, YamlMap app)
    {
        var part = Part(name, app);
        if (app.Text("static") is { } folder)
            return new StaticApp(name, part, WorkspacePath.Plain(folder) is var plain && plain == "." ? "" : plain);
        if (app["ready"] is { } ready && app["health"] is not null)
            findings.Report(
                ready.At,
                $"'ready' does not go with 'health' in app '{name}': 'health' already says when it has started, take 'ready' out");
        return new ProcessApp(
            name,
            part,
            app.Text("command") ?? "",
            app.Text("health"),
            app.Text("ready") is { } text ? Durations.Read(text["alive ".Length..]) ?? DefaultReadyAfter : DefaultReadyAfter,
            app.DurationOrDefault("startTimeout"),
            app.DurationOrDefault("stopTimeout"),
            app.Number("instances"),
            app.Flag("overlap"));
    }

    private string Part(string name, YamlMap app)
    {
        if (app["part"] is not YamlScalar part)
            return parts.Contains(name) ? name : "";
        // Without a package of its own the file cannot know what another CI puts into it.
        if (package is not null && !parts.Contains(part.Text))
        {
            var advice = Spelling.Advice(part.Text, parts, "the package has no named parts, take 'part' out");
            findings.Report(part.At, $"unknown part '{part.Text}' in app '{name}': {advice}");
        }

        return part.Text;
    }
}
