using System.Globalization;
using Towpath.Agent.Jobs;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Agent.Apps;

/// <summary>What the processes of a release find in their environment.</summary>
internal static class ReleaseEnvironment
{
    /// <summary>Clean; then the environment's own, the server's variables, the secrets, and last what Towpath says of itself.</summary>
    public static Dictionary<string, string> Of(ReleasePlan plan, IReadOnlyDictionary<string, string> secrets, string home)
    {
        var environment = CleanEnvironment.Create(home, ci: false);
        foreach (var (name, value) in plan.Definition.Env.Concat(plan.Variables).Concat(secrets))
            environment[name] = value;
        environment["TOWPATH_PROJECT"] = plan.Project;
        environment["TOWPATH_ENVIRONMENT"] = plan.Environment;
        environment["TOWPATH_RELEASE"] = plan.Release;
        environment["TOWPATH_RUN"] = plan.Run.ToString(CultureInfo.InvariantCulture);
        environment["TOWPATH_COMMIT"] = plan.Commit;
        return environment;
    }

    /// <summary>Adds what an instance needs beside; the port wins over everything that people set.</summary>
    public static void AddInstance(Dictionary<string, string> environment, InstanceKey key, int? port, string mark)
    {
        environment["TOWPATH_APP"] = key.App;
        environment["TOWPATH_APP_INDEX"] = key.Index.ToString(CultureInfo.InvariantCulture);
        environment[InstanceTree.MarkVariable] = mark;
        if (port is not { } number)
            return;
        environment["PORT"] = number.ToString(CultureInfo.InvariantCulture);
        environment["HOST"] = "127.0.0.1";
        environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{number}";
    }

    /// <summary>The secrets that the environment names, from those that came; or the first name without a value.</summary>
    public static (Dictionary<string, string> Named, string? Missing) Secrets(
        EnvironmentDefinition definition, IReadOnlyDictionary<string, string> given)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in definition.Secrets)
        {
            if (!given.TryGetValue(name, out var value))
                return (named, name);
            named[name] = value;
        }

        return (named, null);
    }

    /// <summary><c>TOWPATH_URL_WEB_API</c> for the app <c>web-api</c>.</summary>
    public static string UrlVariable(string app) =>
        "TOWPATH_URL_" + new string([.. app.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_')]);
}
