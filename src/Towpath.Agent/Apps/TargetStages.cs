using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Files;

namespace Towpath.Agent.Apps;

/// <summary>Environments whose own command does the deployment: it runs in the unpacked deploy layer.</summary>
internal static class TargetStages
{
    private const string Deploy = "deploy";
    private const int KeptPackages = 3;
    private const int KeptRecords = 200;

    public static Task<StageEnded> DeployAsync(StageWork work) => work.Plan.Definition.Target is CommandTarget target
        ? OnceAsync(work, target.Repeatable, () => RunAsync(work, target.Deploy, Deploy))
        : Task.FromResult(StageWork.Errored($"{work.Plan.Environment} has no deploy command."));

    public static async Task<StageEnded> VerifyAsync(StageWork work)
    {
        foreach (var check in work.Plan.Definition.Verify)
        {
            var ended = check is StepCheck { Step: var step }
                ? await RunAsync(work, step, "verify")
                : StageWork.Failed(
                    "An http check needs an app that listens: Towpath does not know the address of what a command deployed.");
            if (ended.Outcome != Outcome.Succeeded)
                return ended;
        }

        return StageWork.Succeeded;
    }

    public static Task<StageEnded> UndoAsync(StageWork work, ReleasePlan? previous)
    {
        if (work.Plan.Definition.Target is not CommandTarget target)
            return Task.FromResult(StageWork.Errored($"{work.Plan.Environment} has no deploy command."));
        return target switch
        {
            { Undo: UndoMode.Command, UndoCommand: { } undo } => OnceAsync(work, target.Repeatable, () => RunAsync(work, undo, "undo")),
            { Undo: UndoMode.Redeploy } when previous?.Definition.Target is CommandTarget before =>
                OnceAsync(work, before.Repeatable, () => RunAsync(work with { Plan = previous }, before.Deploy, Deploy)),
            { Undo: UndoMode.Redeploy } => Task.FromResult(StageWork.Failed("There is no version before it that could be deployed again.")),
            _ => Task.FromResult(StageWork.Failed("It cannot be undone (undo: none).")),
        };
    }

    /// <summary>
    /// A command that was answered answers the same again. One that must not be started twice is marked on disk before it starts:
    /// a mark without an answer means that nobody knows how far it came.
    /// </summary>
    private static async Task<StageEnded> OnceAsync(StageWork work, bool repeatable, Func<Task<StageEnded>> run)
    {
        var folder = Path.Combine(work.Environment.Folder, "commands");
        DurableFolder.Create(folder);
        var path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(work.CommandId))) + ".json");
        var known = File.Exists(path)
            ? JsonSerializer.Deserialize<CommandRecord>(await File.ReadAllBytesAsync(path), CoreJson.Options)
            : null;
        if (known?.Package is { } package && package != work.Plan.Package.Digest)
        {
            return StageWork.Errored(
                "This machine has carried out a command of this name already, with another package: was the server restored from an "
                + "older backup? Nothing was run; deploy once more, which takes the next number.");
        }

        if (known?.Ended is { } answer)
            return answer;
        if (known is not null && !repeatable)
        {
            return new StageEnded(
                Outcome.Unknown,
                $"It was started at {known.StartedAt:u} and its end was not seen; it must not be started twice (repeatable: false).");
        }

        var record = new CommandRecord(work.CommandId, work.Parts.Time.GetUtcNow(), null, work.Plan.Package.Digest);
        StageEnded ended;
        try
        {
            // What can fail without harm comes before the mark.
            await FolderOf(work.Environment, work.Plan).CompleteAsync(work.Parts.Options.Fetch, work.Parts.Options.Crossing, work.Cancel);
            Write(record);
            ended = await run();
        }
        catch (OperationCanceledException) when (!repeatable && File.Exists(path))
        {
            ended = new StageEnded(Outcome.Unknown, "It was called off while it ran, and nobody knows how far it came.");
        }
        catch (IOException e) when (!repeatable && File.Exists(path))
        {
            ended = new StageEnded(Outcome.Unknown, $"{e.Message} Nobody knows how far it came.");
        }

        try
        {
            Write(record with { Ended = ended });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // How it ended is known all the same. Only an agent that dies before the server has heard it will not know.
        }

        // Whatever the clock says, the one that was just written stays.
        var others = new DirectoryInfo(folder).EnumerateFiles().Where(file => file.FullName != path);
        foreach (var old in others.OrderByDescending(file => file.LastWriteTimeUtc).Skip(KeptRecords))
            old.Delete();
        return ended;

        void Write(CommandRecord next) => DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(next, CoreJson.Options));
    }

    private static async Task<StageEnded> RunAsync(StageWork work, StepDefinition step, string kind)
    {
        var (secrets, missing) = work.Secrets();
        if (secrets is null)
            return missing!;
        var folder = FolderOf(work.Environment, work.Plan);
        await folder.CompleteAsync(work.Parts.Options.Fetch, work.Parts.Options.Crossing, work.Cancel);
        RemoveOlder(work.Environment, folder.Path);
        var result = await work.RunAsync(step, folder, secrets, OrdinalMap<string>.Empty);
        var ended = work.EndOf(result, kind) ?? StageWork.Succeeded;
        return kind == Deploy && WasCut(result) && IsFinal(work.Plan)
            ? new StageEnded(Outcome.Unknown, $"{ended.Reason} Nobody knows how far it came.")
            : ended;
    }

    /// <summary>It ran, and whether it said yes or no is not known.</summary>
    private static bool WasCut(StepResult result) => result is { StartedAt: not null, Status: not StepStatus.Succeeded, ExitCode: null };

    /// <summary>What its deployment did cannot be taken back, or must not be done once more.</summary>
    private static bool IsFinal(ReleasePlan plan) =>
        plan.Definition.Target is CommandTarget { Undo: UndoMode.None } or CommandTarget { Repeatable: false };

    private static ReleaseFolder FolderOf(HostedEnvironment environment, ReleasePlan plan) =>
        new(Path.Combine(environment.Folder, "packages", plan.Release), plan.Package);

    private static void RemoveOlder(HostedEnvironment environment, string used)
    {
        var others = new DirectoryInfo(Path.Combine(environment.Folder, "packages")).EnumerateDirectories()
            .Where(folder => folder.FullName != used)
            .OrderByDescending(folder => folder.LastWriteTimeUtc);
        foreach (var old in others.Skip(KeptPackages - 1))
            ReleaseFolder.Remove(old.FullName);
    }

    /// <param name="Package">Null in records of earlier versions.</param>
    private sealed record CommandRecord(string Id, DateTimeOffset StartedAt, StageEnded? Ended, Digest? Package = null);
}
