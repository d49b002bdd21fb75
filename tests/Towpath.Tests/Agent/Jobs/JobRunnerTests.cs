using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Tests.Agent.Logs;

namespace Towpath.Tests.Agent.Jobs;

public sealed class JobRunnerTests : IAsyncDisposable
{
    private static int commands;
    private readonly TestFolder data = new();
    private readonly RecordedLog log = new();
    private readonly List<AgentProgress> progress = [];
    private readonly TestRepository repository;
    private readonly WorkspaceFolder workspaces;
    private readonly FolderArchiveStore store;
    private readonly string command = $"shop/runs/7/jobs/test/attempts/{Environment.ProcessId}{Interlocked.Increment(ref commands)}";

    public JobRunnerTests()
    {
        repository = new(data);
        workspaces = new(data.At("agent"));
        store = new(data.At("store"));
    }

    public async ValueTask DisposeAsync()
    {
        await workspaces.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task Steps_run_in_order_in_a_workspace_at_the_commit()
    {
        var commit = await repository.CommitAsync(("greeting.txt", "hello"), ("src/deep/file", "deep"));
        await repository.CommitAsync(("greeting.txt", "too new"));

        var job = Job(
            "cat greeting.txt; echo; cat src/deep/file; echo",
            "git status --porcelain; git log --format=%H; echo $TOWPATH_COMMIT");
        var ended = await RunAsync(job with { Commit = commit });

        Assert.Equal((Outcome.Succeeded, ""), (ended.Outcome, ended.Reason));
        Assert.Equal($"hello\ndeep\n{commit}\n{commit}", log.Output);
        Assert.All(ended.Steps, step => Assert.Equal((StepStatus.Succeeded, 0), (step.Status, step.ExitCode)));
        Assert.Equal(
            [(0, StepStatus.Running), (0, StepStatus.Succeeded), (1, StepStatus.Running), (1, StepStatus.Succeeded)],
            progress.OfType<StepMoved>().Select(moved => (moved.Index, moved.Step.Status)));
    }

    [Fact]
    public async Task Log_begins_with_the_job_and_its_sandbox()
    {
        await repository.CommitAsync();

        await RunAsync(Job("true"));

        Assert.Matches("^job 'test' of run 7, attempt 1, on agent 'here', sandbox: bubblewrap$", log.Lines[0].Text);
        Assert.Equal("job 'test' succeeded", log.Lines[^1].Text);
    }

    [Fact]
    public async Task Failed_step_skips_those_after_it()
    {
        await repository.CommitAsync();

        var ended = await RunAsync(Job("true", "exit 4", "echo never"));

        Assert.Equal((Outcome.Failed, "step 'exit 4' ended with exit code 4"), (ended.Outcome, ended.Reason));
        Assert.Equal([StepStatus.Succeeded, StepStatus.Failed, StepStatus.Skipped], ended.Steps.Select(step => step.Status));
    }

    [Fact]
    public async Task Variables_of_the_step_win_over_the_jobs_and_Towpaths_own_are_set()
    {
        await repository.CommitAsync();
        var job = Job("echo $A $B $C $TOWPATH_PROJECT $TOWPATH_RUN $TOWPATH_REF $TOWPATH_JOB $TOWPATH_ATTEMPT $CI");
        job = job with
        {
            Job = job.Job with
            {
                Env = OrdinalMap<string>.From([new("A", "job"), new("B", "job")]),
                Steps = [job.Job.Steps[0] with { Env = OrdinalMap<string>.From([new("B", "step")]) }],
            },
        };

        await RunAsync(job, secrets: new() { ["C"] = "secret" });

        Assert.Equal("job step secret shop 7 refs/heads/main test 1 true", log.Output);
    }

    [Fact]
    public async Task Nothing_of_the_commit_runs_while_it_is_checked_out()
    {
        await repository.CommitAsync(
            (".gitattributes", "* filter=evil\n*.txt text eol=crlf\n"),
            (".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ext::touch /tmp/evil\n\tupdate = !touch evil\n"),
            ("a.txt", "one\n"),
            (".githooks/post-checkout", "#!/bin/sh\ntouch evil\n"));

        var ended = await RunAsync(Job("ls -A; cat .git/config"));

        Assert.Equal(Outcome.Succeeded, ended.Outcome);
        Assert.DoesNotContain("evil\n", log.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_that_is_not_there_is_the_machinerys_fault()
    {
        await repository.CommitAsync();

        var ended = await RunAsync(Job("true") with { Commit = new string('1', 40) });

        Assert.Equal(Outcome.Errored, ended.Outcome);
        Assert.StartsWith($"commit {new string('1', 40)} could not be checked out: ", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outputs_of_one_job_are_inputs_of_another()
    {
        await repository.CommitAsync();
        var build = Job("mkdir -p out/bin; echo binary > out/bin/app; chmod +x out/bin/app; echo one > note");
        var made = await RunAsync(With(build, ("shop", "out/"), ("note", "note")));

        var ended = await RunAsync(Job("cat out/bin/app note; test -x out/bin/app") with
        {
            Inputs = OrdinalMap<StoredOutput>.From(made.Outputs.Select(output => KeyValuePair.Create($"build.{output.Key}", output.Value))),
        });

        Assert.Equal((Outcome.Succeeded, ""), (ended.Outcome, ended.Reason));
        Assert.Equal("binary\none", log.Output);
    }

    [Fact]
    public async Task Damaged_input_is_refused()
    {
        await repository.CommitAsync();
        var made = await RunAsync(With(Job("echo one > note"), ("note", "note")));
        var file = data.At("store", made.Outputs["note"].Archive.Hex);
        var bytes = await File.ReadAllBytesAsync(file, Cancel);
        bytes[Array.IndexOf(bytes, (byte)'o', 512)] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancel);

        var ended = await RunAsync(Job("true") with { Inputs = OrdinalMap<StoredOutput>.From([new("build.note", made.Outputs["note"])]) });

        Assert.Equal(Outcome.Errored, ended.Outcome);
        Assert.Contains("'build.note' is damaged", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Declared_output_that_does_not_exist_fails_the_job()
    {
        await repository.CommitAsync();

        var ended = await RunAsync(With(Job("true"), ("shop", "out/")));

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.Equal("output 'shop': 'out/' does not exist in the workspace of job 'test'", ended.Reason);
    }

    [Fact]
    public async Task Output_does_not_lead_out_of_the_workspace()
    {
        await repository.CommitAsync();

        var ended = await RunAsync(With(Job("ln -s /etc out"), ("shop", "out/")));

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.Contains("symbolic link", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_are_read_also_when_a_step_failed()
    {
        await repository.CommitAsync(("a/r.xml", "<testsuite><testcase name='good'/></testsuite>"));

        var job = Job("echo '<testsuite><testcase name=\"bad\"><failure>no</failure></testcase></testsuite>' > r.xml; exit 1");
        var ended = await RunAsync(Reporting(job, "**/*.xml"));

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.StartsWith("step ", ended.Reason, StringComparison.Ordinal);
        Assert.Equal((1, 1), (ended.Tests!.Passed, ended.Tests.Failed));
        Assert.Equal([new FailedTest("bad", "no")], ended.Tests.FailedTests);
    }

    [Theory]
    [InlineData("<testsuite><testcase name='a'/></testsuite>", Outcome.Succeeded, "")]
    [InlineData("<testsuite><testcase name='a'><failure/></testcase></testsuite>", Outcome.Failed, "1 test failed")]
    [InlineData("</testsuite>", Outcome.Failed, "r.xml:1:3: this test report is not XML: Unexpected end tag")]
    [InlineData("", Outcome.Failed, "r.xml: this test report is empty")]
    [InlineData(null, Outcome.Failed, "job 'test' reports tests, but no file matches '*.xml'")]
    public async Task Job_whose_steps_pass_is_judged_by_its_reports(string? report, Outcome outcome, string reason)
    {
        await repository.CommitAsync(("report", report ?? ""));

        var ended = await RunAsync(Reporting(Job(report is null ? "true" : "cp report r.xml"), "*.xml"));

        Assert.Equal((outcome, reason), (ended.Outcome, ended.Reason));
    }

    [Fact]
    public async Task Report_that_is_a_pipe_or_a_link_is_not_opened()
    {
        await repository.CommitAsync();

        var ended = await RunAsync(Reporting(Job("mkfifo pipe.xml; ln -s /etc/passwd link.xml; ln -s / root"), "**/*.xml"));

        Assert.Equal((Outcome.Failed, "pipe.xml: this test report is empty"), (ended.Outcome, ended.Reason));
    }

    [Fact]
    public async Task Job_that_takes_too_long_failed()
    {
        await repository.CommitAsync();
        var job = Job("sleep 1000");

        var ended = await RunAsync(job with { Job = job.Job with { Timeout = TimeSpan.FromMilliseconds(300) } });

        Assert.Equal((Outcome.Failed, "job 'test' took longer than 0.3 s"), (ended.Outcome, ended.Reason));
        Assert.Equal(StepStatus.Canceled, ended.Steps[0].Status);
    }

    [Fact]
    public async Task Workspace_is_gone_afterwards_even_when_it_cannot_be_written_to()
    {
        await repository.CommitAsync();

        await RunAsync(Job("mkdir -p locked/in; touch locked/in/file; chmod 0500 locked/in locked; echo kept > $HOME/cache"));

        var gone = data.At("agent", "work", ".gone");
        await Eventually.That(() => !Directory.EnumerateFileSystemEntries(gone).Any(), "the workspace is removed");
        Assert.Equal([".gone"], Directory.GetFileSystemEntries(data.At("agent", "work")).Select(Path.GetFileName));
        Assert.Equal("kept\n", await File.ReadAllTextAsync(data.At("agent", "home", "shop", "cache"), Cancel));
    }

    [Fact]
    public async Task Working_tree_is_run_as_it_is_and_reports_of_before_do_not_count()
    {
        var tree = Directory.CreateDirectory(data.At("mine")).FullName;
        await File.WriteAllTextAsync(Path.Combine(tree, "old.xml"), "<testsuite><testcase name='old'/></testsuite>", Cancel);
        File.SetLastWriteTimeUtc(Path.Combine(tree, "old.xml"), DateTime.UtcNow.AddHours(-1));
        var home = Directory.CreateDirectory(data.At("h")).FullName;
        var workspace = Workspace.OfWorkingTree(tree, home, Directory.CreateDirectory(data.At("t")).FullName);

        var ended = await Runner().RunAsync(
            Reporting(Job("echo '<testsuite><testcase name=\"new\"/></testsuite>' > new.xml"), "*.xml") with { Repository = null },
            _ => Task.FromResult(workspace),
            new Dictionary<string, string>(),
            log.Writer,
            progress.Add,
            Cancel);

        Assert.Equal((Outcome.Succeeded, 1), (ended.Outcome, ended.Tests!.Passed));
        Assert.True(File.Exists(Path.Combine(tree, "new.xml")));
    }

    [Fact]
    public async Task Full_log_disk_is_an_error_and_not_a_failure()
    {
        await repository.CommitAsync();
        var full = new LogWriter((_, _, _, _) => throw new IOException("No space left on device"));

        var ended = await RunAsync(Job("true"), writer: full);

        Assert.Equal((Outcome.Errored, "No space left on device"), (ended.Outcome, ended.Reason));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private JobRunner Runner() => new(new(SandboxLevel.Bubblewrap, data.Path, TimeSpan.FromSeconds(1)), store, "here");

    private async Task<JobEnded> RunAsync(RunJob job, Dictionary<string, string>? secrets = null, LogWriter? writer = null)
    {
        if (job.Commit.Length == 0)
            job = job with { Commit = (await TestRepository.GitAsync(repository.Path, "rev-parse", "main")).Trim() };
        try
        {
            return await Runner().RunAsync(
                job, cancel => workspaces.CreateAsync(job, cancel), secrets ?? [], writer ?? log.Writer, progress.Add, Cancel);
        }
        finally
        {
            workspaces.Discard(job);
        }
    }

    private RunJob Job(params string[] steps) => new(
        command,
        "shop",
        7,
        1,
        "",
        "refs/heads/main",
        new(
            "test",
            [],
            [.. steps.Select(step => new StepDefinition(step, step, OrdinalMap<string>.Empty, TimeSpan.FromMinutes(1), "sh"))],
            OrdinalMap<string>.Empty,
            OrdinalMap<string>.Empty,
            [],
            0,
            TimeSpan.FromMinutes(2)),
        OrdinalMap<StoredOutput>.Empty,
        repository.Path);

    private static RunJob With(RunJob job, params (string Name, string Path)[] outputs) =>
        job with { Job = job.Job with { Outputs = OrdinalMap<string>.From(outputs.ToDictionary(output => output.Name, output => output.Path)) } };

    private static RunJob Reporting(RunJob job, string glob) => job with { Job = job.Job with { TestReports = [glob] } };
}
