using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Runs;

namespace Towpath.Tests.Core.Commits;

public sealed class ProjectMachineTests
{
    private const string Main = "refs/heads/main";
    private ProjectState project = ProjectState.Empty("shop");
    private Decision<ProjectEvent> last;
    private long sequence;

    [Fact]
    public void Push_becomes_a_run_when_it_is_known_that_the_ref_moved()
    {
        When(new AnnouncePush("p1", [Change(Main, 1)]));
        Assert.Empty(project.Requests);
        Assert.Equal("shop/pushes/p1", Assert.Single(ProjectMachine.Pending(project)).Id);

        When(new SettlePush("p1", [Main]));
        var request = Assert.Single(project.Requests);
        Assert.Equal((1, Sample.CommitOf(1), Main, true), (request.Number, request.Commit, request.Ref, request.Deploys));
        Assert.Empty(ProjectMachine.Pending(project));
    }

    [Fact]
    public void Push_that_moved_nothing_is_given_up()
    {
        When(new AnnouncePush("p1", [Change(Main, 1)]));
        When(new SettlePush("p1", []));
        Assert.Equal((ProjectState.Empty("shop") with { Refs = project.Refs }, 0), (project, project.Refs.Count));
    }

    [Fact]
    public void Word_that_is_repeated_makes_no_second_run()
    {
        Push("p1", Change(Main, 1));
        When(new SettlePush("p1", [Main]));
        Assert.Equal(Decision<ProjectEvent>.Nothing, last);
        When(new AnnouncePush("p2", [Change(Main, 2)]));
        When(new AnnouncePush("p2", [Change(Main, 2)]));
        Assert.Equal(Decision<ProjectEvent>.Nothing, last);
        When(new SettlePush("unknown", [Main]));
        Assert.Equal(Decision<ProjectEvent>.Nothing, last);
    }

    [Fact]
    public void Only_the_refs_that_moved_start_runs()
    {
        When(new AnnouncePush("p1", [Change(Main, 1), Change("refs/heads/idea", 2)]));
        When(new SettlePush("p1", ["refs/heads/idea", "refs/heads/stranger"]));
        Assert.Equal(["refs/heads/idea"], project.Requests.Select(request => request.Ref));
    }

    [Fact]
    public void There_and_back_again_are_three_runs_in_their_order()
    {
        Push("p1", Change(Main, 1));
        Push("p2", Change(Main, 2));
        Push("p3", Change(Main, 1));
        Assert.Equal([1, 2, 3], project.Requests.Select(request => request.Number));
        Assert.Equal(Sample.CommitOf(1), project.Requests[^1].Commit);
        Assert.Equal(project.Requests.OrderBy(request => request.Order), project.Requests);
        Assert.Equal(3, project.Requests.Select(request => request.Order).Distinct().Count());
    }

    [Fact]
    public void First_branch_deploys_and_others_do_not()
    {
        Push("p1", Change(Main, 1), Change("refs/heads/idea", 2));
        Push("p2", Change("refs/heads/other", 3));
        Assert.Equal([true, false, false], project.Requests.Select(request => request.Deploys));
        Assert.Equal(Main, project.DefaultBranch);
    }

    [Fact]
    public void Tags_and_deletions_start_no_run()
    {
        Push("p1", Change(Main, 1));
        Push("p2", Change("refs/heads/idea", 2));
        Push("p3", Change("refs/tags/v1", 1) with { Pipeline = null }, Change("refs/heads/idea", 2) with { New = null, Pipeline = null });
        Assert.Equal(2, project.Requests.Count);
        Assert.Equal([Main], project.Refs.Keys);
    }

    [Fact]
    public void Push_of_too_many_refs_is_refused()
    {
        When(new AnnouncePush("p1", Enumerable.Range(1, 101).Select(number => Change($"refs/heads/b{number}", number)).ToValueList()));
        Assert.Equal("This push changes 101 refs; push at most 100 at a time.", last.Refusal);
    }

    [Fact]
    public void Run_is_handed_over_until_it_is_taken()
    {
        Push("p1", Change(Main, 1));
        var delivery = Assert.Single(Flow.Deliveries(project));
        Assert.Equal((StreamId.OfRun("shop", 1), new RunTaken(1)), (delivery.To, delivery.Receipt));
        When(new RunTaken(1));
        Assert.Empty(Flow.Deliveries(project));
        When(new RunTaken(1));
        Assert.Equal(Decision<ProjectEvent>.Nothing, last);
    }

    [Fact]
    public void Retry_is_a_new_run_with_the_commit_definition_and_order_of_the_old_one()
    {
        Push("p1", Change(Main, 1));
        Push("p2", Change(Main, 2));
        When(new RequestRetry(1, "ada"));
        var (first, again) = (project.Requests[0], project.Requests[^1]);
        Assert.Equal(first with { Number = 3, RetryOf = 1, By = "ada" }, again with { At = first.At });
    }

    [Fact]
    public void Retry_of_an_unknown_run_is_refused()
    {
        When(new RequestRetry(4, "ada"));
        Assert.Equal("Run 4 of 'shop' is not known any more; push its commit again.", last.Refusal);
    }

    [Fact]
    public void Uploaded_package_takes_commit_definition_and_order_of_the_push()
    {
        Push("p1", Change(Main, 1));
        var package = Sample.PackageOf("built elsewhere");
        When(new RequestUpload(Sample.CommitOf(1), package, "ada"));
        Assert.Equal(
            project.Requests[0] with { Number = 2, Uploaded = package, By = "ada" },
            project.Requests[^1] with { At = project.Requests[0].At });
    }

    [Fact]
    public void Upload_for_a_commit_that_was_not_pushed_to_the_branch_that_deploys_is_refused()
    {
        Push("p1", Change(Main, 1));
        Push("p2", Change("refs/heads/idea", 2));
        When(new RequestUpload(Sample.CommitOf(2), Sample.PackageOf("built elsewhere"), "ada"));
        Assert.Contains("push it first", last.Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Newer_commit_on_a_branch_that_does_not_deploy_overtakes_the_older_ones_of_that_branch()
    {
        Push("p1", Change(Main, 1));
        Push("p2", Change("refs/heads/idea", 2));
        Push("p3", Change("refs/heads/other", 3));
        Push("p4", Change("refs/heads/idea", 4));
        Assert.Equal([(2, 4)], Overtaken());
    }

    [Fact]
    public void Retry_of_an_older_commit_overtakes_no_newer_one()
    {
        Push("p1", Change(Main, 1));
        Push("p2", Change("refs/heads/idea", 2));
        Push("p3", Change("refs/heads/idea", 3));
        foreach (var run in project.Requests)
            When(new RunTaken(run.Number));
        When(new RequestRetry(2, "ada"));
        Assert.Empty(Overtaken());
    }

    [Fact]
    public void Commits_of_the_branch_that_deploys_are_not_overtaken()
    {
        Push("p1", Change(Main, 1));
        Push("p2", Change(Main, 2));
        Assert.Empty(Overtaken());
    }

    [Fact]
    public void Old_requests_are_forgotten_once_their_runs_have_them()
    {
        for (var run = 1; run <= ProjectMachine.RequestsKept + 1; run++)
        {
            Push($"p{run}", Change(Main, run));
            if (run != 2)
                When(new RunTaken(run));
        }

        Assert.Equal(ProjectMachine.RequestsKept, project.Requests.Count);
        Assert.Equal([2, 3], project.Requests.Take(2).Select(request => request.Number));
    }

    private IEnumerable<(int Run, int By)> Overtaken() => Flow.Deliveries(project)
        .Where(delivery => delivery.Input is OvertakeRun)
        .Select(delivery => (delivery.To.Run!.Value, ((OvertakeRun)delivery.Input).ByRun));

    private void Push(string id, params RefChange[] changes)
    {
        When(new AnnouncePush(id, changes.ToValueList()));
        When(new SettlePush(id, changes.Select(change => change.Ref).ToValueList()));
    }

    private void When(ProjectInput input)
    {
        last = ProjectMachine.Decide(project, input, Sample.Noon);
        foreach (var one in last.Events)
            project = ProjectMachine.Evolve(project, new Recorded<ProjectEvent>(++sequence, Sample.Noon, one));
    }

    private static RefChange Change(string name, int commit) =>
        new(name, null, Sample.CommitOf(commit), $"Change {commit}", Sample.Pipeline([Sample.Job("test")], Sample.Place("staging")));
}
