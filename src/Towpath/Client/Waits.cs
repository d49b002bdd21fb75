using Towpath.Engine.Views;

namespace Towpath.Client;

/// <summary>What scripts wait for.</summary>
internal static class Waits
{
    /// <summary>A run that is over, and what the server said of it.</summary>
    public sealed record EndedRun(RunView View, string Json);

    /// <param name="View">Null when the run never comes to the environment.</param>
    /// <param name="Reason">Why not.</param>
    public sealed record EndedDeployment(DeploymentView? View, string Reason);

    public static Task<EndedRun> ForRunAsync(
        ServerConnection connection, string project, int number, TimeSpan timeout, CancellationToken cancel) =>
        Changes.UntilAsync(connection, $"{project}/runs/{number}", timeout, $"run {number}", async client =>
        {
            var json = await client.GetTextAsync(ServerClient.Path("projects", project, "runs", number), cancel);
            var run = ServerClient.Read<RunView>(json);
            return run.State is "queued" or "running" ? null : new EndedRun(run, json);
        }, cancel);

    /// <summary>The latest deployment of the run's package there; also ends when it is clear that there will be none.</summary>
    public static Task<EndedDeployment> ForDeploymentAsync(
        ServerConnection connection, string project, int run, string environment, TimeSpan timeout, CancellationToken cancel) =>
        Changes.UntilAsync(connection, project, timeout, $"the deployment of run {run} to '{environment}'", async client =>
        {
            // Against the flow: what an earlier read does not show yet, a later one may; the next change asks again.
            var environments = await client.GetAsync<List<EnvironmentView>>(ServerClient.Path("projects", project, "environments"), cancel);
            var there = await client.GetAsync<EnvironmentView>(ServerClient.Path("projects", project, "environments", environment), cancel);
            if (Latest(there, run) is { } deployment)
                return IsOver(deployment) ? new EndedDeployment(deployment, deployment.Reason) : null;
            var built = await client.GetAsync<RunView>(ServerClient.Path("projects", project, "runs", run), cancel);
            return WhyNever(built, there, environments) is { } why ? new EndedDeployment(null, why) : null;
        }, cancel);

    internal static DeploymentView? Latest(EnvironmentView environment, int run) =>
        environment.History.Concat(environment.Waiting).Append(environment.Deployment).OfType<DeploymentView>()
            .Where(deployment => deployment.Run == run && deployment.Kind is not ("stop" or "contract"))
            .MaxBy(deployment => deployment.Number);

    internal static bool IsOver(DeploymentView deployment) =>
        deployment.State is "live" or "rolled-back" or "failed" or "errored" or "superseded" or "outdated" or "refused" or "canceled";

    /// <summary>Why the run's package does not come to the environment by itself; null while it may.</summary>
    internal static string? WhyNever(RunView run, EnvironmentView environment, IReadOnlyList<EnvironmentView> all)
    {
        if (run.State is not ("queued" or "running" or "succeeded"))
            return $"run {run.Number} {run.State}, so nothing of it is deployed.";
        if (!run.Deploys)
            return $"run {run.Number} built a branch that does not deploy.";
        if (run.State == "succeeded" && run.Package is null)
            return $"run {run.Number} made no package, so nothing of it is deployed.";
        foreach (var before in all.Where(other => environment.After.Contains(other.Name)))
        {
            var stopped = Latest(before, run.Number) is { } deployment
                ? IsOver(deployment) && deployment.State != "live"
                : WhyNever(run, before, all) is not null;
            if (stopped)
                return $"run {run.Number} did not pass '{before.Name}', which comes before '{environment.Name}'.";
        }

        return null;
    }
}
