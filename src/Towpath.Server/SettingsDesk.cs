using System.Text;
using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Engine.Settings;

namespace Towpath.Server;

/// <summary>Changes an environment's variables and secrets, which makes a new candidate of what is live.</summary>
public sealed partial class SettingsDesk(ControlPlane plane, Inventory inventory, SecretStore secrets)
{
    /// <summary>Bytes of UTF-8 of one value.</summary>
    public const int ValueAtMost = SecretStore.MaxValueBytes;

    /// <summary>Variables and secrets, each, in an environment.</summary>
    public const int NamesAtMost = 200;

    private static readonly string[] OwnNames = ["PORT", "HOST", "ASPNETCORE_URLS"];

    /// <param name="variables">Name to value; null removes one.</param>
    public async Task<Asked> SetVariablesAsync(
        string project, string environment, IReadOnlyDictionary<string, string?> variables, string by)
    {
        if (Find(project, environment, out var missing) is not { } found)
            return missing;
        foreach (var (name, value) in variables)
        {
            if (Wrong(name, value) is { } wrong)
                return Asked.Invalid(wrong);
        }

        if (found.Settings.Variables.Keys.Union(variables.Keys, StringComparer.Ordinal).Count() > NamesAtMost)
            return Asked.Invalid($"An environment has at most {NamesAtMost} variables.");
        return await ChangeAsync(project, environment, OrdinalMap<string?>.From(variables), OrdinalMap<bool>.Empty, by);
    }

    /// <summary>The value is kept before the machine hears of it: a deployment that starts at once finds it.</summary>
    public async Task<Asked> SetSecretAsync(string project, string environment, string name, string value, string by)
    {
        if (Find(project, environment, out var missing) is not { } found)
            return missing;
        if ((value.Length == 0 ? $"The secret '{name}' needs a value; delete it to remove it." : Wrong(name, value)) is { } wrong)
            return Asked.Invalid(wrong);
        if (!found.Settings.Secrets.ContainsKey(name) && found.Settings.Secrets.Count >= NamesAtMost)
            return Asked.Invalid($"An environment has at most {NamesAtMost} secrets.");
        secrets.Set(project, environment, name, value);
        return await ChangeAsync(project, environment, OrdinalMap<string?>.Empty, OrdinalMap<bool>.Empty.With(name, true), by);
    }

    public async Task<Asked> RemoveSecretAsync(string project, string environment, string name, string by)
    {
        if (Find(project, environment, out var missing) is not { } found)
            return missing;
        if (!found.Settings.Secrets.ContainsKey(name))
            return Asked.Unknown($"'{environment}' has no secret '{name}'.");
        var asked = await ChangeAsync(project, environment, OrdinalMap<string?>.Empty, OrdinalMap<bool>.Empty.With(name, false), by);
        if (asked.Status == AskedStatus.Taken)
            secrets.Remove(project, environment, name);
        return asked;
    }

    private async Task<Asked> ChangeAsync(
        string project, string environment, OrdinalMap<string?> variables, OrdinalMap<bool> names, string by) =>
        await plane.Loop.AskAsync(StreamId.OfEnvironment(project, environment), new ChangeSettings(variables, names, by)) is { } refusal
            ? Asked.Refused(refusal)
            : Asked.Taken;

    private EnvironmentState? Find(string project, string environment, out Asked missing)
    {
        var known = plane.Project(project);
        missing = known is null ? Asked.NoProject(project) : Asked.NoEnvironment(project, environment);
        return known is null ? null : inventory.Environment(known, environment);
    }

    private static string? Wrong(string name, string? value)
    {
        if (!Names().IsMatch(name))
            return $"'{name}' is no name for a variable: use letters, digits and _, not a digit first, at most 128.";
        if (OwnNames.Contains(name, StringComparer.Ordinal) || name.StartsWith("TOWPATH_", StringComparison.Ordinal))
            return $"Towpath sets '{name}' itself: choose another name.";
        return value is null ? null
            : Encoding.UTF8.GetByteCount(value) > ValueAtMost
                ? $"The value of '{name}' is larger than {ValueAtMost / 1024} KiB, which is the limit."
            : value.Contains('\0', StringComparison.Ordinal)
                ? $"The value of '{name}' has a NUL character, which no environment variable can hold."
            : null;
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,127}\\z")]
    private static partial Regex Names();
}
