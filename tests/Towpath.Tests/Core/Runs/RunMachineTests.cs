using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Runs;

namespace Towpath.Tests.Core.Runs;

public sealed class RunMachineTests
{
    [Fact]
    public void Commit_goes_through_its_jobs_to_a_package_that_is_offered_to_the_first_environments() =>
        Given.Run(Sample.Job("test"), Sample.Job("publish", ["test"]))
            .Then(RunStatus.Queued)
            .ThenAsked("jobs/test/attempts/1")
            .Taken("test")
            .Then(RunStatus.Running)
            .Succeeded("test")
            .ThenAsked("jobs/publish/attempts/1")
            .Succeeded("publish")
            .ThenAsked("package")
            .ThenOffered()
            .Packaged()
            .Then(RunStatus.Succeeded)
            .ThenAsked()
            .ThenOffered("staging")
            .When(new OfferTaken("staging"))
            .ThenOffered();

    [Fact]
    public void Jobs_that_need_no_other_start_together() =>
        Given.Run(Sample.Job("lint"), Sample.Job("test"), Sample.Job("publish", ["lint", "test"]))
            .ThenAsked("jobs/lint/attempts/1", "jobs/test/attempts/1")
            .Succeeded("test")
            .ThenAsked("jobs/lint/attempts/1")
            .Succeeded("lint")
            .ThenAsked("jobs/publish/attempts/1");

    [Fact]
    public void Job_gets_the_outputs_of_those_it_needs_and_of_no_other()
    {
        var run = Given.Run(Sample.Job("lint"), Sample.Job("test"), Sample.Job("publish", ["test"])).Succeeded("lint").Succeeded("test");
        var input = Assert.Single(run.CommandOf("publish").Inputs);
        Assert.Equal(("test.out", Sample.DigestOf("output of test")), (input.Key, input.Value.Archive));
    }

    [Fact]
    public void Package_is_made_of_all_outputs()
    {
        var run = Given.Run(Sample.Job("test"), Sample.Job("publish", ["test"])).Succeeded("test").Succeeded("publish");
        var package = Assert.IsType<StorePackage>(Assert.Single(RunMachine.Pending(run.State)));
        Assert.Equal(["publish.out", "test.out"], package.Outputs.Keys);
        Assert.Equal(Sample.CommitOf(7), package.Commit);
    }

    [Fact]
    public void Run_that_is_created_again_stays_as_it_is() => Given.Run(Sample.Job("test"))
        .Taken("test")
        .CreatedAgain()
        .ThenNothingHappened();

    [Fact]
    public void Failed_job_is_tried_again_as_often_as_it_says() => Given.Run(Sample.Job("test", retry: 2))
        .Failed("test")
        .ThenAsked("jobs/test/attempts/2")
        .Answered("test", Outcome.Errored, "The agent was restarted.")
        .ThenAsked("jobs/test/attempts/3")
        .Failed("test", "Step './test.sh' failed: exit code 3.")
        .Then(RunStatus.Failed, "Job 'test': Step './test.sh' failed: exit code 3.")
        .ThenAsked();

    [Fact]
    public void Attempt_that_succeeds_ends_the_tries() => Given.Run(Sample.Job("test", retry: 2))
        .Failed("test")
        .Succeeded("test")
        .ThenAsked("package");

    [Fact]
    public void Late_answer_of_an_earlier_attempt_changes_nothing() => Given.Run(Sample.Job("test", retry: 1))
        .Failed("test")
        .When(new AttemptAnswered("shop/runs/7/jobs/test/attempts/1", RunScenario.Ended("test", Outcome.Succeeded)))
        .ThenNothingHappened()
        .When(new AttemptTaken("shop/runs/7/jobs/test/attempts/1", "late"))
        .ThenNothingHappened();

    [Fact]
    public void Work_that_said_no_failed_and_machinery_that_broke_errored() => Given.Run(Sample.Job("test"))
        .Answered("test", Outcome.Errored, "The disk is full.")
        .Then(RunStatus.Errored, "Job 'test': The disk is full.");

    [Fact]
    public void Failure_is_the_run_s_end_when_another_job_errored_too() => Given.Run(Sample.Job("lint"), Sample.Job("test"))
        .Answered("lint", Outcome.Errored, "The disk is full.")
        .Failed("test", "exit code 1.")
        .Then(RunStatus.Failed, "Job 'test': exit code 1.");

    [Fact]
    public void Jobs_under_way_are_waited_for_and_what_needs_the_failed_one_never_starts() =>
        Given.Run(Sample.Job("lint"), Sample.Job("test"), Sample.Job("publish", ["lint", "test"]))
            .Failed("lint")
            .Then(RunStatus.Queued)
            .ThenAsked("jobs/test/attempts/1")
            .Succeeded("test")
            .Then(RunStatus.Failed)
            .Then("publish", StepStatus.Queued);

    [Fact]
    public void Attempt_that_an_agent_has_is_asked_of_no_other()
    {
        var run = Given.Run(Sample.Job("test"));
        Assert.Null(Assert.IsType<RunJob>(Assert.Single(RunMachine.Pending(run.State))).TakenBy);
        Assert.Equal("local", Assert.IsType<RunJob>(Assert.Single(RunMachine.Pending(run.Taken("test").State))).TakenBy);
    }

    [Fact]
    public void Attempt_that_no_agent_takes_is_errored() => Given.Run(Sample.Job("test"))
        .AfterTime(RunMachine.QueueTimeout - TimeSpan.FromSeconds(1))
        .Then(RunStatus.Queued)
        .AfterTime(TimeSpan.FromSeconds(1))
        .Then(RunStatus.Errored, "No agent took it within 2 hours.");

    [Fact]
    public void Agent_that_does_not_answer_in_time_is_taken_for_lost_and_the_job_is_tried_again() => Given.Run(Sample.Job("test", retry: 1))
        .AfterTime(RunMachine.QueueTimeout - TimeSpan.FromSeconds(1))
        .Taken("test", agent: "mars")
        .AfterTime(TimeSpan.FromMinutes(10) + RunMachine.AnswerGrace - TimeSpan.FromSeconds(1))
        .ThenAsked("jobs/test/attempts/1")
        .AfterTime(TimeSpan.FromSeconds(1))
        .ThenAsked("jobs/test/attempts/2")
        .AfterTime(RunMachine.QueueTimeout)
        .Then(RunStatus.Errored);

    [Fact]
    public void Machine_asks_to_be_asked_when_the_first_deadline_passes()
    {
        var run = Given.Run(Sample.Job("test"));
        Assert.Equal(Sample.Noon + RunMachine.QueueTimeout, RunMachine.NextDeadline(run.State));
        run.Taken("test");
        Assert.Equal(Sample.Noon + TimeSpan.FromMinutes(20), RunMachine.NextDeadline(run.State));
        run.Succeeded("test");
        Assert.Equal(Sample.Noon + RunMachine.PackageTimeout, RunMachine.NextDeadline(run.State));
        run.Packaged();
        Assert.Null(RunMachine.NextDeadline(run.State));
    }

    [Fact]
    public void Run_is_canceled_as_a_whole() => Given.Run(Sample.Job("lint"), Sample.Job("test"))
        .Taken("lint")
        .When(new CancelRun("ada"))
        .Then(RunStatus.Canceled, "Canceled by ada.")
        .Then("lint", StepStatus.Canceled)
        .Then("test", StepStatus.Canceled)
        .ThenAsked()
        .When(new CancelRun("ada"))
        .ThenRefused("Run 7 is over: it was canceled.");

    [Fact]
    public void Packaging_can_be_canceled() => Given.Run(Sample.Job("test"))
        .Succeeded("test")
        .When(new CancelRun("ada"))
        .ThenAsked()
        .Packaged()
        .ThenNothingHappened()
        .ThenOffered();

    [Fact]
    public void Package_that_cannot_be_made_of_the_outputs_fails_the_run() => Given.Run(Sample.Job("test"))
        .Succeeded("test")
        .Packaged(Outcome.Failed, "Output 'out' of job 'test' is empty.")
        .Then(RunStatus.Failed, "Output 'out' of job 'test' is empty.")
        .ThenOffered();

    [Fact]
    public void Package_that_cannot_be_stored_is_the_machinerys_fault() => Given.Run(Sample.Job("test"))
        .Succeeded("test")
        .Packaged(Outcome.Errored, "The disk is full.")
        .Then(RunStatus.Errored, "The disk is full.");

    [Fact]
    public void Packaging_has_a_deadline() => Given.Run(Sample.Job("test"))
        .Succeeded("test")
        .AfterTime(RunMachine.PackageTimeout)
        .Then(RunStatus.Errored, "Packaging took longer than 30 minutes.");

    [Fact]
    public void Branch_that_does_not_deploy_is_not_packaged() => Given.Run([Sample.Job("test")], deploys: false)
        .Succeeded("test")
        .Then(RunStatus.Succeeded)
        .ThenOffered();

    [Fact]
    public void Pipeline_without_a_package_ends_with_its_jobs() =>
        Given.Run([Sample.Job("test")], pipeline: plain => plain with { Package = null })
            .Succeeded("test")
            .Then(RunStatus.Succeeded)
            .ThenOffered();

    [Fact]
    public void Package_that_was_built_elsewhere_is_offered_without_any_job() =>
        Given.Run([Sample.Job("test")], uploaded: RunScenario.Package)
            .Then(RunStatus.Succeeded)
            .ThenAsked()
            .ThenOffered("staging");

    [Fact]
    public void Run_that_did_not_start_is_overtaken_by_a_newer_commit() => Given.Run([Sample.Job("test")], deploys: false)
        .When(new OvertakeRun(9))
        .Then(RunStatus.Canceled, "Run 9 builds a newer commit of the same branch.");

    [Fact]
    public void Run_that_has_started_is_not_overtaken() => Given.Run([Sample.Job("test")], deploys: false)
        .Taken("test")
        .When(new OvertakeRun(9))
        .ThenNothingHappened();

    [Fact]
    public void Candidate_keeps_commit_order_and_definition_of_the_run()
    {
        var run = Given.Run(Sample.Job("test")).Succeeded("test").Packaged().State;
        Assert.Equal(new Candidate(7, 70, Sample.CommitOf(7), "Change 7", RunScenario.Package, run.Request.Pipeline), run.Candidate);
    }
}
