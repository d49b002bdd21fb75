using System.Diagnostics;
using System.Threading.Channels;
using Towpath.Core.Agents;
using Towpath.Protocol.Failpoints;

namespace Towpath.Agent.Jobs;

/// <summary>Makes a fresh workspace for each attempt of a job, and removes it afterwards while other work goes on.</summary>
/// <remarks>
/// A checkout borrows the objects of the bare repository on the same machine, and costs one git process: the few files of
/// a <c>.git</c> are written by hand. Nothing that a commit holds is run: there are no hooks, no filters (they need
/// configuration that only this class writes), no submodules, and no configuration of the machine or the user.
/// </remarks>
public sealed class WorkspaceFolder : IAsyncDisposable
{
    private const string Configuration = """
        [core]
        	repositoryformatversion = {0}
        	bare = false
        	logAllRefUpdates = false
        	hooksPath = /dev/null
        [gc]
        	auto = 0
        [maintenance]
        	auto = false

        """;

    private readonly string work;
    private readonly string gone;
    private readonly string homes;
    private readonly Channel<string> removals = Channel.CreateUnbounded<string>(new() { SingleReader = true });
    private readonly Task remover;
    private int removed;

    /// <param name="agentFolder">DATA/agent. Workspaces that an earlier agent left there are removed.</param>
    public WorkspaceFolder(string agentFolder)
    {
        work = OwnerOnly.CreateFolder(Path.Combine(agentFolder, "work"));
        gone = OwnerOnly.CreateFolder(Path.Combine(agentFolder, "work", ".gone"));
        homes = OwnerOnly.CreateFolder(Path.Combine(agentFolder, "home"));
        foreach (var left in Directory.EnumerateDirectories(gone))
            removals.Writer.TryWrite(left);
        foreach (var left in Directory.EnumerateDirectories(work).Where(folder => folder != gone))
            Remove(left);
        remover = Task.Run(RemoveAllAsync);
    }

    /// <exception cref="WorkspaceException">The commit cannot be checked out.</exception>
    public async Task<Workspace> CreateAsync(RunJob job, CancellationToken cancel)
    {
        if (job.Repository is not { } repository)
            throw new WorkspaceException($"the agent has no repository of project '{job.Project}' to check out from");
        var folder = Path.Combine(work, CommandFile.NameOf(job.Id));
        if (Directory.Exists(folder))
            Remove(folder);
        var workspace = new Workspace(
            OwnerOnly.CreateFolder(Path.Combine(folder, "src")),
            OwnerOnly.CreateFolder(Path.Combine(homes, CommandFile.NameOf(job.Project))),
            OwnerOnly.CreateFolder(Path.Combine(folder, "tmp")),
            [Path.Combine(repository, "objects")],
            IsFresh: true);
        WriteGitFolder(Path.Combine(workspace.Folder, ".git"), repository, job.Commit);
        await CheckOutAsync(workspace.Folder, job.Commit, cancel);
        Failpoint.Cross("workspace.made");
        return workspace;
    }

    /// <summary>Returns at once; the files go later.</summary>
    public void Discard(RunJob job)
    {
        var folder = Path.Combine(work, CommandFile.NameOf(job.Id));
        if (Directory.Exists(folder))
            Remove(folder);
    }

    public async ValueTask DisposeAsync()
    {
        removals.Writer.TryComplete();
        await remover;
    }

    private static void WriteGitFolder(string git, string repository, string commit)
    {
        Directory.CreateDirectory(Path.Combine(git, "refs"));
        Directory.CreateDirectory(Path.Combine(git, "objects", "info"));
        File.WriteAllText(Path.Combine(git, "HEAD"), commit + "\n");
        File.WriteAllText(Path.Combine(git, "objects", "info", "alternates"), Path.Combine(repository, "objects") + "\n");
        var isSha256 = commit.Length == 64;
        var configuration = Configuration.Replace("{0}", isSha256 ? "1" : "0", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(git, "config"), configuration + (isSha256 ? "[extensions]\n\tobjectFormat = sha256\n" : ""));
    }

    private static async Task CheckOutAsync(string folder, string commit, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("git", ["read-tree", "--reset", "-u", "--no-recurse-submodules", "HEAD"])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in GitEnvironment(folder))
            start.Environment[name] = value;
        using var process = new Process { StartInfo = start };
        await SpawnThread.StartAsync(process);
        process.StandardInput.Close();
        try
        {
            var said = await process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            if (process.ExitCode != 0)
                throw new WorkspaceException($"commit {commit} could not be checked out: {FirstLine(said)}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static Dictionary<string, string> GitEnvironment(string folder) => new()
    {
        ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
        ["GIT_DIR"] = Path.Combine(folder, ".git"),
        ["GIT_WORK_TREE"] = folder,
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_ATTR_NOSYSTEM"] = "1",
        ["GIT_NO_REPLACE_OBJECTS"] = "1",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["HOME"] = "/nonexistent",
        ["LC_ALL"] = "C",
    };

    private static string FirstLine(string said)
    {
        var line = said.Split('\n', 2)[0].Trim();
        return line.Length == 0 ? "git gave no reason" : line;
    }

    // The name is free again at once, and what cannot be removed is out of the way.
    private void Remove(string folder)
    {
        var away = Path.Combine(gone, $"{Path.GetFileName(folder)}-{Interlocked.Increment(ref removed)}");
        if (Directory.Exists(away))
            away += $"-{Environment.ProcessId}-{Environment.TickCount64}";
        Directory.Move(folder, away);
        removals.Writer.TryWrite(away);
    }

    private async Task RemoveAllAsync()
    {
        // What cannot be removed stays in .gone, where the next start tries again.
        await foreach (var folder in removals.Reader.ReadAllAsync())
            FolderRemoval.Remove(folder);
    }
}
