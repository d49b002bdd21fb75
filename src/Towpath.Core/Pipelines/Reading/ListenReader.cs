using Towpath.Core.Pipelines.Language;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Reading;

/// <summary>Where the apps of all environments take their requests. A port belongs to one app on one agent.</summary>
internal sealed class ListenReader(Findings findings, ReadApps apps)
{
    private readonly List<Claim> claims = [];
    private bool anyUnsound;

    public OrdinalMap<string> Read(string environment, YamlMap definition)
    {
        var listen = definition["listen"];
        anyUnsound |= listen is null && definition.Entry("listen") is not null;
        return listen switch
        {
            YamlScalar address => ForTheOnlyApp(environment, definition, address),
            YamlMap map => OrdinalMap<string>.From(map.Entries
                .Where(entry => IsApp(environment, entry.Key))
                .Where(entry => entry.Value is YamlScalar && Takes(environment, definition, entry.Key.Text, (YamlScalar)entry.Value))
                .Select(entry => KeyValuePair.Create(entry.Key.Text, Addresses.Full(((YamlScalar)entry.Value).Text)))),
            _ => OrdinalMap<string>.Empty,
        };
    }

    /// <summary>A static site that nobody can reach is a mistake; a process that does not listen may be a worker.</summary>
    public void EveryStaticAppListens(IEnumerable<TargetDefinition> targets)
    {
        var listens = targets.OfType<AppsTarget>().ToList();
        if (listens.Count == 0 || anyUnsound)
            return;
        foreach (var app in apps.Sound.OfType<StaticApp>().Where(app => !listens.Exists(target => target.Listen.ContainsKey(app.Name))))
            findings.Report(
                apps.Places[app.Name],
                $"static app '{app.Name}' listens in no environment: add `listen: {{ {app.Name}: 8080 }}` to one");
    }

    private OrdinalMap<string> ForTheOnlyApp(string environment, YamlMap definition, YamlScalar address)
    {
        if (apps.Names.Count > 1)
        {
            anyUnsound = true;
            findings.Report(
                address.At,
                $"'listen' in environment '{environment}' must say which of the {apps.Names.Count} apps: write `listen: "
                    + $"{{ {apps.Names[0]}: {address.Text} }}`");
        }

        return apps.Names is [var only] && Takes(environment, definition, only, address)
            ? OrdinalMap<string>.Empty.With(only, Addresses.Full(address.Text))
            : OrdinalMap<string>.Empty;
    }

    private bool IsApp(string environment, YamlScalar name)
    {
        if (apps.Names.Contains(name.Text))
            return true;
        if (apps.Names.Count > 0)
            findings.Report(
                name.At,
                $"unknown app '{name.Text}' in 'listen' of environment '{environment}': {Spelling.Advice(name.Text, apps.Names, "")}");
        return false;
    }

    private bool Takes(string environment, YamlMap definition, string app, YamlScalar address)
    {
        if (apps.Sound.OfType<ProcessApp>().Any(process => process.Name == app && !process.Overlap))
            findings.Report(
                address.At,
                $"app '{app}' has 'overlap: false' and cannot listen in environment '{environment}': traffic moves only between "
                    + "versions that run at the same time");
        var claim = new Claim(definition.Text("on"), Addresses.Port(address.Text), app, environment);
        if (claims.FirstOrDefault(other => other.Agent == claim.Agent && other.Port == claim.Port) is { } earlier)
            findings.Report(
                address.At,
                $"port {claim.Port} is taken already by app '{earlier.App}' in environment '{earlier.Environment}' on {claim.Machine}: "
                    + "choose another one");
        claims.Add(claim);
        return true;
    }

    private sealed record Claim(string? Agent, int Port, string App, string Environment)
    {
        public string Machine => Agent is null ? "the same machine" : $"agent '{Agent}'";
    }
}
