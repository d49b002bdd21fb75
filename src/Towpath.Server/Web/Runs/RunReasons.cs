using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;
using Towpath.Server.Web.Rules;

namespace Towpath.Server.Web.Runs;

/// <summary>One thing on a run's way, and why it is as it is.</summary>
/// <param name="State">As a run's or a deployment's state.</param>
/// <param name="Says">One sentence or two.</param>
/// <param name="Href">Null: it has no page of its own.</param>
/// <param name="Rule">What the pipeline file says about it; null: nothing, or git does not say it now.</param>
public sealed record RunReason(string Name, string State, string Says, string? Href, RuleLine? Rule)
{
    /// <summary>It went as it should: nobody asks why before they ask about the others.</summary>
    public bool IsPlain => State is "succeeded" or "live" or "was-live" or "running";
}

/// <summary>Why each thing of a run ran, was skipped or waits, in the order of its way.</summary>
internal sealed class RunReasons(RunState run, RunView view, IReadOnlyList<Destination> destinations, RuleLines rules)
{
    private readonly string href = $"/{Look.Part(run.Project)}";

    public IReadOnlyList<RunReason> All()
    {
        var all = (view.Jobs ?? []).Select(Job).ToList();
        if (!view.Deploys)
            return all;
        if (run.Pipeline.Package is not null || run.Request.Uploaded is not null)
            all.Add(Package());
        all.AddRange(run.Pipeline.Environments.SelectMany(Environment));
        return all;
    }

    private RunReason Job(JobView job)
    {
        var (needs, says) = (PlannedEnvironment.And(job.Needs), job.Reason);
        if (job.State == "skipped")
            says = NotBegun(job);
        else if (job.State == "queued" && Missing(job) is { Count: > 0 } missing)
            says = $"Waits for {PlannedEnvironment.And(missing)}.";
        else if (job.State == "queued")
            says = job.Attempt == 0 ? "Waits for the run to begin." : "Waits for an agent that has room.";
        else if (says.Length == 0)
            says = job.Needs.Count == 0 ? "Began with the run: it needs no other job." : $"Began when {needs} had succeeded.";
        return new RunReason(job.Name, job.State, says, $"{href}/runs/{run.Number}?job={Look.Part(job.Name)}", Line(job.Needs.Count > 0 ? ["jobs", job.Name, "needs"] : ["jobs", job.Name]));
    }

    private string NotBegun(JobView job)
    {
        var bad = view.Jobs!.FirstOrDefault(other => job.Needs.Contains(other.Name) && other.State is ("failed" or "errored" or "skipped"));
        return bad is null ? $"The run {Ended} before."
            : $"It needs {bad.Name}, which {(bad.State == "skipped" ? "did not begin either" : "did not succeed")}.";
    }

    private List<string> Missing(JobView job) =>
        [.. job.Needs.Where(name => view.Jobs!.All(other => other.Name != name || other.State != "succeeded"))];

    private RunReason Package()
    {
        if (run.Request.Uploaded is not null)
            return new RunReason("package", "succeeded", $"Built elsewhere and brought by {view.By}.", null, null);
        var areJobsDone = run.Jobs.All(job => job.HasSucceeded);
        var (state, says) = view.Package is not null ? ("succeeded", "Made when all jobs had succeeded.")
            : areJobsDone ? run.IsOver ? (view.State, view.Reason) : ("running", "It is being made.")
            : run.IsOver ? ("skipped", $"The run {Ended}.")
            : ("queued", "Waits for all jobs.");
        return new RunReason("package", state, says, null, Line(["package"]));
    }

    private IEnumerable<RunReason> Environment(EnvironmentDefinition environment)
    {
        var here = $"{href}/environments/{Look.Part(environment.Name)}";
        var place = new[] { "environments", environment.Name };
        var after = Line(environment.After.Count > 0 ? [.. place, "after"] : place);
        if (destinations.FirstOrDefault(one => one.Environment == environment.Name) is not { Deployment: var deployment } reached)
            return [new RunReason(environment.Name, IsOutOfReach(environment) ? "not-reached" : "queued", NotReached(environment), here, after)];
        here += $"/deployments/{deployment.Number}";
        var gates = deployment.Gates.Where(gate => gate.State == "waiting").ToList();
        if (gates.Count > 0 && deployment.State == "waiting")
        {
            return gates.Select(gate => new RunReason(
                environment.Name, deployment.State, gate.Reason, here, gate.Index is { } index ? Line([.. place, "gates", $"{index}"]) : null));
        }

        var state = reached.IsLive ? "live" : deployment.State == "live" ? "was-live" : deployment.State;
        var says = deployment.Reason.Length > 0 ? deployment.Reason
            : deployment.StartedAt is null ? NotReached(environment)
            : deployment.Kind != "deploy" ? $"{Look.Kind(deployment.Kind)} run {deployment.Run}, by {deployment.By}."
            : Look.Takes(environment.After);
        return [new RunReason(environment.Name, state, says, here, deployment.Rollout is null ? after : Line([.. place, "rollout"]))];
    }

    private bool IsOutOfReach(EnvironmentDefinition environment) => (run.IsOver && run.Candidate is null) || Failed(environment).Count > 0;

    private string NotReached(EnvironmentDefinition environment)
    {
        if (run.Candidate is null)
            return run.IsOver ? $"The run {Ended}." : "Waits for the package.";
        if (Failed(environment) is { Count: > 0 } failed)
            return $"It did not become live in {PlannedEnvironment.And(failed)}.";
        List<string> missing = [.. environment.After.Where(before => !destinations.Any(one => one.Environment == before && one.Deployment.State == "live"))];
        return missing.Count > 0 ? $"Waits until this package is live in {PlannedEnvironment.And(missing)}." : "Waits for its turn.";
    }

    /// <summary>Environments before it in which it is over without this having become live.</summary>
    private List<string> Failed(EnvironmentDefinition environment) =>
        [.. environment.After.Where(before => destinations.Any(one => one.Environment == before && one.Deployment is { EndedAt: not null, State: not "live" }))];

    private string Ended => view.State switch
    {
        "canceled" => "was canceled",
        "failed" => "failed",
        "errored" => "errored",
        _ => "ended",
    };

    private RuleLine? Line(IReadOnlyList<string> path) => rules.At(run.Project, run.Number, path);
}
