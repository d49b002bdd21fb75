using Towpath.Agent.Jobs;

namespace Towpath.Bench.Machine;

/// <summary>
/// What an agent does for a job, as a person would write it in sh: a .git that borrows the repository's objects, one git
/// process for the checkout, the step in a session of its own and in the same sandbox, its output in a file. The workspace stays.
/// </summary>
internal static class HandMade
{
    // Stands for the workspace while the sandbox's words are put in order.
    private const string Name = "NAME";

    /// <summary>A script that is called with the commit and a name for the workspace.</summary>
    /// <param name="folder">Workspaces lie in its <c>work</c>; it is hidden in the sandbox but for them.</param>
    /// <param name="repository">The bare repository.</param>
    /// <param name="step">Runs as <c>sh -e -c STEP</c>.</param>
    public static string Script(SandboxLevel level, string folder, string repository, string step) => $$"""
        #!/bin/sh
        set -e
        commit=$1 name=$2
        work={{folder}}/work/$name
        mkdir -p "$work/src/.git/refs" "$work/src/.git/objects/info" "$work/tmp" {{folder}}/home
        cd "$work/src"
        printf '%s\n' "$commit" >.git/HEAD
        printf '%s\n' {{repository}}/objects >.git/objects/info/alternates
        printf '[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogAllRefUpdates = false\n[gc]\n\tauto = 0\n' >.git/config
        GIT_DIR=$work/src/.git GIT_WORK_TREE=$work/src GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 \
          git read-tree --reset -u --no-recurse-submodules HEAD
        HOME={{folder}}/home TMPDIR=$work/tmp setsid {{Words(level, folder, repository)}} sh -e -c '{{step}}' >"$work/log" 2>&1 </dev/null
        """;

    private static string Words(SandboxLevel level, string folder, string repository)
    {
        if (level == SandboxLevel.ProcessGroup)
            return "";
        var work = Path.Combine(folder, "work", Name);
        var surroundings = new StepSurroundings(
            Path.Combine(work, "src"),
            new Dictionary<string, string> { ["TMPDIR"] = Path.Combine(work, "tmp") },
            [Path.Combine(work, "src"), Path.Combine(folder, "home"), Path.Combine(work, "tmp")],
            Name,
            [Path.Combine(repository, "objects")]);
        var words = Bubblewrap.Words(folder, surroundings, Environment.IsPrivilegedProcess);
        return string.Join(' ', words).Replace(Name, "$name", StringComparison.Ordinal);
    }
}
