using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Engine;

namespace Towpath.Server.Git;

/// <summary>
/// A port on an agent belongs to one project and environment; who comes second is told in the push. Asked again when a
/// version starts.
/// </summary>
internal static class ListenClaims
{
    private const int ProjectsAtMost = 10_000;

    /// <summary>One sentence when something the pipeline listens on belongs to somebody else.</summary>
    public static string? Conflict(ControlPlane control, string project, Pipeline pipeline)
    {
        var wanted = pipeline.Environments.SelectMany(environment => Of(project, environment)).ToList();
        if (wanted.Count == 0)
            return null;
        foreach (var claim in Others(control, project, pipeline))
        {
            if (wanted.FirstOrDefault(one => one.Agent == claim.Agent && one.Port == claim.Port) is { } both)
            {
                return $"Port {both.Port} of environment '{both.Environment}' belongs to environment '{claim.Environment}' of "
                    + $"'{claim.Project}': choose another port in {PipelineFile.Name}.";
            }
        }

        return null;
    }

    private static IEnumerable<Claim> Others(ControlPlane control, string project, Pipeline pipeline)
    {
        foreach (var name in control.Journal.List("", ProjectsAtMost).Select(row => row.Stream))
        {
            if (name != project && control.Project(name)?.Requests.LastOrDefault(request => request.Deploys) is { } newest)
            {
                foreach (var claim in newest.Pipeline.Environments.SelectMany(environment => Of(name, environment)))
                    yield return claim;
            }

            // What is live stays so when a newer file does not name its environment any more.
            foreach (var row in control.Journal.List($"{name}/environments/", ProjectsAtMost))
            {
                var environment = row.Stream[(row.Stream.LastIndexOf('/') + 1)..];
                if (name == project && pipeline.Environment(environment) is not null)
                    continue;
                if (control.Environment(name, environment)?.Live?.Candidate.Pipeline.Environment(environment) is { } live)
                {
                    foreach (var claim in Of(name, live))
                        yield return claim;
                }
            }
        }
    }

    private static IEnumerable<Claim> Of(string project, EnvironmentDefinition environment) => environment.Target is AppsTarget apps
        ? apps.Listen.Values.Select(address => new Claim(project, environment.Name, environment.Agent, PortOf(address)))
        : [];

    private static string PortOf(string address) => address[(address.LastIndexOf(':') + 1)..];

    /// <param name="Agent">Null: the one on the server's machine.</param>
    private sealed record Claim(string Project, string Environment, string? Agent, string Port);
}
