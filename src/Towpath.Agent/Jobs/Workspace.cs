namespace Towpath.Agent.Jobs;

/// <summary>The folder that a job works in.</summary>
/// <param name="Folder">The commit's files; outputs and reports are searched here.</param>
/// <param name="Home">HOME of the steps: kept between jobs, so that caches last.</param>
/// <param name="Temporary">TMPDIR of the steps.</param>
/// <param name="Readable">What else the sandbox leaves readable of Towpath's data.</param>
/// <param name="IsFresh">False: a person's working tree, which has the outputs of earlier jobs and maybe reports of earlier days.</param>
public sealed record Workspace(string Folder, string Home, string Temporary, IReadOnlyList<string> Readable, bool IsFresh)
{
    /// <summary>A working tree as it is, for jobs that are run without a server.</summary>
    public static Workspace OfWorkingTree(string folder, string home, string temporary) => new(folder, home, temporary, [], IsFresh: false);
}

/// <summary>A workspace cannot be made. The message is one sentence.</summary>
public sealed class WorkspaceException(string message) : Exception(message);
