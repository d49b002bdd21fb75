using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Agent.Apps;

/// <summary>Unpack, run <c>before</c>, start the instances. No traffic moves.</summary>
internal static class StartStage
{
    public static async Task<StageEnded> RunAsync(StageWork work)
    {
        if (KnownAsAnother(work) is { } other)
            return StageWork.Errored(other);
        var (secrets, missing) = work.Secrets();
        if (secrets is null)
            return missing!;
        await work.Environment.RetiredAsync(work.Plan.Release);
        var release = await PrepareAsync(work, secrets);
        var folder = work.Environment.FolderOf(work.Plan);
        await folder.CompleteAsync(work.Parts.Options.Fetch, work.Parts.Options.Crossing, work.Cancel);
        if (MissingFolder(work.Plan, folder) is { } problem)
            return StageWork.Failed(problem);
        if (await RunBeforeAsync(work, release, folder) is { } stopped)
            return stopped;
        var state = await work.Environment.ChangeAsync(state => state.Change(release.Release, each => each with { Started = true }));
        return await StartInstancesAsync(work, state.Find(release.Release)!);
    }

    /// <summary>Records the release before anything of it is on disk or runs.</summary>
    private static async Task<HostedRelease> PrepareAsync(StageWork work, OrdinalMap<string> secrets)
    {
        var (environment, plan) = (work.Environment, work.Plan);
        var known = environment.State.Find(plan.Release);
        var idle = known is not null && known.Role != ReleaseRole.Live && !environment.State.HasTraffic(plan.Release);
        if (idle && !(known!.Secrets.Equals(secrets) && known.Plan.Variables.Equals(plan.Variables)))
        {
            // What it was started with is no longer true: a password may have been changed since.
            await environment.ChangeAsync(state => state.Change(
                plan.Release, each => each with { Role = ReleaseRole.Stopped, WarmUntil = null }));
            await environment.StopAsync(environment.InstancesOf(plan.Release));
        }

        var state = await environment.ChangeAsync(state => state.Find(plan.Release) switch
        {
            null => RollingStage.Begin(state, plan).With(HostedRelease.New(plan, secrets)),
            { Role: ReleaseRole.Live } live => state.With(live with { Plan = plan }),
            { } other => RollingStage.Begin(state, plan)
                .With(other with { Plan = plan, Secrets = secrets, Role = ReleaseRole.Candidate, WarmUntil = null }),
        });
        return state.Find(plan.Release)!;
    }

    /// <summary>
    /// A server that was restored from an older backup may give a name a second time: what runs under it stays what it is. The
    /// package may be another: a commit that changes nothing that runs takes over the live release under its name.
    /// </summary>
    private static string? KnownAsAnother(StageWork work) =>
        work.Environment.State.Find(work.Plan.Release) is { } known && known.Plan.Package.App != work.Plan.Package.App
            ? $"This machine has {work.Plan.Release} already, of run {known.Plan.Run} with another app: was the server restored from "
                + "an older backup? Nothing was changed; deploy once more, which takes the next number."
            : null;

    private static string? MissingFolder(ReleasePlan plan, ReleaseFolder folder)
    {
        foreach (var app in plan.Apps.Where(app => !Directory.Exists(folder.Of(app))))
        {
            var path = Path.GetRelativePath(folder.App, folder.Of(app));
            return $"The package has no folder '{path}' for the app {app.Name}.";
        }

        return null;
    }

    private static async Task<StageEnded?> RunBeforeAsync(StageWork work, HostedRelease release, ReleaseFolder folder)
    {
        var steps = work.Plan.Definition.Preparation;
        for (var index = release.BeforeDone; index < steps.Count; index++)
        {
            var result = await work.RunAsync(steps[index], folder, release.Secrets, OrdinalMap<string>.Empty);
            if (work.EndOf(result, index < steps.Count - work.Plan.Definition.Before.Count ? "expand" : "before") is { } ended)
                return ended;
            work.Parts.Options.Crossing("before.ran");
            var done = index + 1;
            await work.Environment.ChangeAsync(state => state.Change(release.Release, each => each with { BeforeDone = done }));
        }

        return null;
    }

    private static async Task<StageEnded> StartInstancesAsync(StageWork work, HostedRelease release)
    {
        foreach (var key in work.Environment.KeysNow(release, app => app.Overlap || work.Environment.State.Exclusive == release.Release))
        {
            work.Cancel.ThrowIfCancellationRequested();
            if (work.Environment.Find(key) is { IsAlive: true, Standing: not InstanceStanding.Stopping } running)
            {
                work.Say($"{key.Name} runs already (pid {running.Tree.Leader.Id})");
                continue;
            }

            try
            {
                var instance = await work.Environment.StartAsync(key);
                work.Say($"{key.Name} started{(instance.Port is { } port ? $" on port {port}" : "")} (pid {instance.Tree.Leader.Id})");
            }
            catch (IOException refused)
            {
                return StageWork.Failed(refused.Message);
            }
        }

        return StageWork.Succeeded;
    }
}
