using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Client;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Engine.Views;
using Towpath.Local;
using Towpath.Output;
using Command = System.CommandLine.Command;

namespace Towpath.Verbs;

/// <summary>The build of the working tree without a server: the same loop over a journal in memory, the same jobs, in this process.</summary>
internal static class RunVerb
{
    public static Command Create()
    {
        var job = new Argument<string?>("JOB") { Description = "Only this job and those it needs", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--file")
        {
            Description = $"The pipeline file [default: {PipelineFile.Name} here or in the repository's root]",
            HelpName = "FILE",
        };
        var command = new Command("run", "Runs the build's jobs on the working tree, without a server") { job, file };
        command.SetAction(async typed =>
        {
            var source = PipelineSource.Read(typed.GetValue(file));
            if (!source.Parse.IsValid)
                return source.SayErrors();
            using var signals = new StopSignals();
            var pipeline = Chosen(source.Parse.Pipeline, typed.GetValue(job));
            var folder = Path.GetDirectoryName(Path.GetFullPath(source.File))!;
            var run = await RunAsync(pipeline, folder, typed.GetValue(CommonOptions.Json), signals.Token);
            if (typed.GetValue(CommonOptions.Json))
                JsonText.Write(run);
            else
                RunText.Write(run);
            return run.State switch { "succeeded" => ExitCode.Done, "canceled" => 130, _ => ExitCode.Failed };
        });
        return command;
    }

    /// <exception cref="ExitException">There is no such job, or none at all.</exception>
    private static Pipeline Chosen(Pipeline pipeline, string? job)
    {
        if (pipeline.Jobs.Count == 0)
            throw ExitException.Usage("the pipeline has no jobs.");
        if (job is null)
            return pipeline;
        if (pipeline.Jobs.All(one => one.Name != job))
            throw ExitException.Usage(
                $"there is no job '{job}': the pipeline has {string.Join(", ", pipeline.Jobs.Select(one => one.Name))}.");
        var wanted = new HashSet<string>(StringComparer.Ordinal) { job };
        // Each job comes after those that it needs.
        foreach (var one in pipeline.Jobs.Reverse().Where(one => wanted.Contains(one.Name)))
            wanted.UnionWith(one.Needs);
        return pipeline with { Jobs = pipeline.Jobs.Where(one => wanted.Contains(one.Name)).ToValueList() };
    }

    private static async Task<RunView> RunAsync(Pipeline pipeline, string folder, bool quiet, CancellationToken stop)
    {
        var own = Directory.CreateTempSubdirectory("towpath-run-").FullName;
        try
        {
            var temporary = Directory.CreateDirectory(Path.Combine(own, "tmp")).FullName;
            var runner = new JobRunner(
                new StepRunner(await Bubblewrap.ProbeAsync(own), own), new FolderArchiveStore(Path.Combine(own, "store")), "here");
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var output = new LogWriterToOut(pipeline.Jobs.Count == 1 ? 0 : pipeline.Jobs.Max(job => job.Name.Length));
            using var jobs = new JobsHere(
                runner, Workspace.OfWorkingTree(folder, home, temporary), (job, channel, line) => Show(output, job, channel, line, quiet));
            return await RunAsync(await RequestAsync(pipeline, folder), Path.GetFileName(folder), jobs, stop);
        }
        finally
        {
            Remove(own);
        }
    }

    /// <summary>What a tool left there that cannot be removed must not hide how the run ended.</summary>
    private static void Remove(string own)
    {
        try
        {
            Directory.Delete(own, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"towpath: {own} could not be removed whole: {e.Message}");
        }
    }

    private static async Task<RunView> RunAsync(RunRequest request, string project, JobsHere jobs, CancellationToken stop)
    {
        await using var plane = new ControlPlane(new MemoryJournal(), jobs, TimeProvider.System, NullLoggerFactory.Instance);
        jobs.Answer = plane.Loop.Post;
        plane.Start(TimeProvider.System.GetUtcNow());
        var stream = StreamId.OfRun(project, request.Number);
        var changes = plane.Changes.Listen(project, CancellationToken.None);
        await using var canceled = stop.Register(() => plane.Loop.Post(stream, new CancelRun("you")));
        plane.Loop.Post(stream, new CreateRun(project, request));
        await foreach (var _ in changes)
        {
            if (plane.Run(project, request.Number) is not { IsOver: true } run)
                continue;
            await jobs.EndedAsync();
            return RunView.Of(run);
        }

        throw new System.Diagnostics.UnreachableException();
    }

    private static async Task<RunRequest> RequestAsync(Pipeline pipeline, string folder)
    {
        var (code, commit, _) = await GitCommand.TryAsync(["rev-parse", "HEAD"], CancellationToken.None, folder);
        var (onBranch, reference, _) = await GitCommand.TryAsync(["symbolic-ref", "HEAD"], CancellationToken.None, folder);
        return new RunRequest(
            1, code == 0 ? commit.Trim() : new string('0', 40), onBranch == 0 ? reference.Trim() : "refs/heads/main", "the working tree", 1,
            Deploys: false, pipeline, null, null, "you", TimeProvider.System.GetUtcNow(), HandedOver: true);
    }

    private static void Show(LogWriterToOut output, string job, LogChannel channel, string line, bool quiet)
    {
        if (!quiet)
            output.Write(job, channel == LogChannel.Towpath ? $"── {line}" : line);
    }
}
