using Towpath.Client;
using Towpath.Engine.Views;
using Towpath.Local;
using Towpath.Verbs;

namespace Towpath.Demo;

/// <summary>
/// The sample shop goes to production; then bad commits are caught, each one later than the one before: by a unit test,
/// by the verification in staging, by production itself. In the end a person goes back by hand.
/// </summary>
internal sealed class DemoStory(
    Endpoint endpoint, ServerConnection connection, DemoRepository repository, string productionUrl, Narrator narrator)
{
    private const int LogLines = 20;

    private static readonly TimeSpan JourneyWithin = TimeSpan.FromMinutes(15);

    private int pushes;

    /// <summary>How the shop stands after a journey.</summary>
    private sealed record Outcome(RunView Run, EnvironmentView Staging, EnvironmentView Production)
    {
        public DeploymentView? InStaging => Waits.Latest(Staging, Run.Number);

        public DeploymentView? InProduction => Waits.Latest(Production, Run.Number);
    }

    public async Task TellAsync(CancellationToken cancel)
    {
        await repository.CreateAsync(cancel);
        var first = await FirstAsync(cancel);
        // Nothing of what follows would show anything.
        if (narrator.Surprises.Count > 0)
        {
            await ExplainAsync(first, cancel);
            return;
        }

        await using var visitors = new Visitors(productionUrl);
        Narrator.Say("From here on visitors use the shop in production all the time.");
        await BrokenTestAsync(first, cancel);
        await BrokenVerificationAsync(first, cancel);
        await BrokenInProductionAsync(first, visitors, cancel);
        await RepairedAsync(cancel);
        await RollbackAsync(first, cancel);
        await visitors.LeaveAsync();
        Narrator.Title("Meanwhile");
        narrator.Expect(
            visitors is { Failures: 0, Requests: > 0 },
            $"{visitors.Requests} requests to production, {visitors.Failures} failed{First(visitors)}");
    }

    private async Task<Outcome> FirstAsync(CancellationToken cancel)
    {
        var outcome = await ShipAsync("A first commit goes to production", DemoCommit.First, cancel);
        narrator.Expect(outcome.Run is { State: "succeeded", Tests: { Failed: 0, Passed: > 0 } },
            $"built, and {outcome.Run.Tests?.Passed ?? 0} tests passed");
        ExpectLive(outcome);
        return outcome;
    }

    private async Task BrokenTestAsync(Outcome live, CancellationToken cancel)
    {
        var outcome = await ShipAsync("A mistake that a unit test sees", DemoCommit.BreaksATest, cancel);
        narrator.Expect(outcome.Run is { State: "failed", Tests.Failed: > 0 },
            $"{outcome.Run.Tests?.Failed ?? 0} tests failed: {(outcome.Run.Tests is { FailedTests: [var test, ..] } ? test.Name : "")}");
        narrator.Expect(
            outcome.Run.Package is null && outcome.InStaging is null && outcome.InProduction is null, "it never left the build");
        ExpectUntouched(live, outcome);
    }

    private async Task BrokenVerificationAsync(Outcome live, CancellationToken cancel)
    {
        var outcome = await ShipAsync("A mistake that no unit test sees", DemoCommit.BreaksVerification, cancel);
        narrator.Expect(outcome.Run is { State: "succeeded", Tests.Failed: 0 }, "all tests passed");
        narrator.Expect(outcome.InStaging is { State: "failed" }, $"the smoke script in staging said no: {outcome.InStaging?.Reason}");
        narrator.Expect(outcome.Staging.Live?.Run == live.Run.Number, "staging still runs the version before");
        narrator.Expect(outcome.InProduction is null, "production never saw it");
        ExpectUntouched(live, outcome);
    }

    private async Task BrokenInProductionAsync(Outcome live, Visitors visitors, CancellationToken cancel)
    {
        var (requests, failures) = (visitors.Requests, visitors.Failures);
        var outcome = await ShipAsync("A mistake that only production's settings show", DemoCommit.BreaksInProduction, cancel);
        narrator.Expect(outcome is { InStaging.State: "live", Staging.Live: not null }, "it passed in staging");
        narrator.Expect(outcome.InProduction is { State: "failed" or "rolled-back" },
            $"in production it did not come up: {outcome.InProduction?.Reason}");
        ExpectUntouched(live, outcome);
        narrator.Expect(
            visitors.Failures == failures && visitors.Requests > requests,
            $"the visitors noticed nothing: {visitors.Requests - requests} requests meanwhile, {visitors.Failures - failures} failed");
    }

    private async Task RepairedAsync(CancellationToken cancel) =>
        ExpectLive(await ShipAsync("The settings are corrected", DemoCommit.Repaired, cancel));

    private async Task RollbackAsync(Outcome first, CancellationToken cancel)
    {
        Narrator.Title("Going back by hand:  towpath rollback --environment production");
        using (var client = connection.Open())
            await client.PostAsync(Path("environments", "production", "rollback"), new { reason = "Shown in the demo." }, cancel);
        var outcome = await JourneyAsync("rolling back", first.Run.Number, cancel);
        narrator.Expect(
            outcome.InProduction is { Kind: "rollback", State: "live" } && outcome.Production.Live?.Digest == first.Run.Package!.Digest,
            $"production runs the package of run {first.Run.Number} again, not built anew");
        narrator.Expect(
            outcome.Production.Hold is not null, "automation is held there until somebody says 'towpath resume --environment production'");
    }

    private async Task<Outcome> ShipAsync(string title, DemoCommit commit, CancellationToken cancel)
    {
        pushes++;
        Narrator.Title($"{pushes}. {title}");
        Narrator.Say($"git push: \"{commit.Message}\"");
        await repository.PushAsync(commit, endpoint, cancel);
        return await JourneyAsync($"run {pushes}", pushes, cancel);
    }

    /// <summary>Follows a run until it is live in production, or will not be.</summary>
    private async Task<Outcome> JourneyAsync(string what, int number, CancellationToken cancel)
    {
        Outcome? outcome = null;
        Task<Outcome> UntilEndAsync() => Changes.UntilAsync(connection, DemoRepository.Project, JourneyWithin, what, async client =>
        {
            // The environments first, against the flow: what is missing there while the run goes on comes with the next change.
            var environments = await client.GetAsync<List<EnvironmentView>>(Path("environments"), cancel);
            var run = await client.GetAsync<RunView>(Path("runs", number), cancel);
            narrator.Follow(run, environments, environment => Waits.Latest(environment, number));
            var staging = environments.First(environment => environment.Name == "staging");
            var production = environments.First(environment => environment.Name == "production");
            var ended = Waits.Latest(production, number) is { } deployment
                ? Waits.IsOver(deployment)
                : Waits.WhyNever(run, production, environments) is not null;
            return ended ? new Outcome(run, staging, production) : null;
        }, cancel);

        await narrator.DuringAsync(what, async () => outcome = await UntilEndAsync());
        return outcome!;
    }

    /// <summary>Shows the end of the log of what did not go well: the data folder may be gone when somebody looks.</summary>
    private async Task ExplainAsync(Outcome outcome, CancellationToken cancel)
    {
        var logs = (outcome.Run.Jobs ?? []).Where(job => job.State != "succeeded").Select(job => job.Log)
            .Concat(new[] { outcome.InStaging, outcome.InProduction }.Where(each => each is { State: not "live" }).Select(each => each?.Log));
        using var client = connection.Open();
        foreach (var log in logs.OfType<string>())
        {
            Narrator.Say($"{log}:");
            var text = await client.GetPlainAsync(LogsVerb.LogPath(log), cancel);
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(LogLines))
                Narrator.Say($"  {line}");
        }
    }

    private void ExpectLive(Outcome outcome)
    {
        var digest = outcome.Run.Package?.Digest;
        narrator.Expect(
            digest is not null && outcome.Staging.Live?.Digest == digest && outcome.Production.Live?.Digest == digest
                && outcome.InProduction is { State: "live" },
            $"live in production at {productionUrl}, the very bytes that staging verified ({digest?[..19]}…)");
    }

    private void ExpectUntouched(Outcome live, Outcome now) =>
        narrator.Expect(
            now.Production.Live is { } running && running.Run == live.Run.Number && running.Since == live.Production.Live?.Since,
            $"production runs run {live.Run.Number}, untouched");

    private static string First(Visitors visitors) => visitors.Failures > 0 ? $" (first: {visitors.FirstFailure})" : "";

    private static string Path(params object[] parts) => ServerClient.Path(["projects", DemoRepository.Project, .. parts]);
}
