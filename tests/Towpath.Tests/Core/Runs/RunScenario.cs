using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;

namespace Towpath.Tests.Core.Runs;

internal static class Given
{
    public static RunScenario Run(params JobDefinition[] jobs) => Run(jobs.ToValueList());

    public static RunScenario Run(
        ValueList<JobDefinition> jobs, bool deploys = true, Func<Pipeline, Pipeline>? pipeline = null, Package? uploaded = null)
    {
        var plain = Sample.Pipeline(jobs, Sample.Place("staging"), Sample.Place("production", ["staging"]));
        var request = Sample.Request(7, pipeline?.Invoke(plain) ?? plain, deploys) with { Uploaded = uploaded };
        return new RunScenario(request);
    }
}

/// <summary>A story of run 7: what was, what happens, what is then.</summary>
internal sealed class RunScenario
{
    private readonly RunRequest request;
    private RunState? state;
    private DateTimeOffset now = Sample.Noon;
    private Decision<RunEvent> last;

    public RunScenario(RunRequest request)
    {
        this.request = request;
        When(new CreateRun("shop", request));
    }

    public RunState State => state!;

    public static Package Package { get; } = Sample.PackageOf("package 7");

    public RunScenario When(RunInput input)
    {
        last = RunMachine.Decide(state, input, now);
        state = last.Events.Aggregate(state, (known, one) => RunMachine.Evolve(known, new Recorded<RunEvent>(1, now, one)));
        return this;
    }

    public RunScenario CreatedAgain() => When(new CreateRun("shop", request));

    public RunScenario Taken(string job, string agent = "local") => When(new AttemptTaken(CommandOf(job).Id, agent));

    public RunScenario Succeeded(string job) => Answered(job, Outcome.Succeeded);

    public RunScenario Failed(string job, string reason = "Step './test.sh' failed: exit code 1.") => Answered(job, Outcome.Failed, reason);

    public RunScenario Answered(string job, Outcome outcome, string reason = "") =>
        When(new AttemptAnswered(CommandOf(job).Id, Ended(job, outcome, reason)));

    public RunScenario Packaged(Outcome outcome = Outcome.Succeeded, string reason = "") =>
        When(new PackageAnswered("shop/runs/7/package", outcome, outcome == Outcome.Succeeded ? Package : null, reason));

    public RunScenario AfterTime(TimeSpan time)
    {
        now += time;
        return When(new RunClock());
    }

    public RunScenario Then(RunStatus status, string reason = "")
    {
        Assert.Equal(status, State.Status);
        Assert.Contains(reason, State.Reason, StringComparison.Ordinal);
        return this;
    }

    public RunScenario Then(string job, StepStatus status, string reason = "")
    {
        Assert.Equal(status, State.Job(job).Status);
        Assert.Contains(reason, string.Concat(State.Job(job).Attempts.TakeLast(1).Select(attempt => attempt.Reason)),
            StringComparison.Ordinal);
        return this;
    }

    /// <summary>Exactly these are in flight.</summary>
    public RunScenario ThenAsked(params string[] commandIds)
    {
        Assert.Equal(commandIds.Select(id => "shop/runs/7/" + id), RunMachine.Pending(State).Select(command => command.Id));
        return this;
    }

    public RunScenario ThenRefused(string why)
    {
        Assert.Contains(why, last.Refusal, StringComparison.Ordinal);
        Assert.Empty(last.Events);
        return this;
    }

    public RunScenario ThenNothingHappened()
    {
        Assert.Equal(Decision<RunEvent>.Nothing, last);
        return this;
    }

    public RunScenario ThenOffered(params string[] environments)
    {
        Assert.Equal(
            environments.Select(name => StreamId.OfEnvironment("shop", name)), Flow.Deliveries(State).Select(delivery => delivery.To));
        return this;
    }

    public RunJob CommandOf(string job) => RunMachine.Pending(State).OfType<RunJob>().Single(command => command.Job.Name == job);

    public static JobEnded Ended(string job, Outcome outcome, string reason = "") => new(
        outcome, reason, [], null, outcome == Outcome.Succeeded
            ? OrdinalMap<StoredOutput>.Empty.With("out", new StoredOutput(Sample.DigestOf("output of " + job), "out/"))
            : OrdinalMap<StoredOutput>.Empty);
}
