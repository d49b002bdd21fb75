using System.Collections.Concurrent;
using System.Text;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Git;

/// <summary>The bare repositories under <c>DATA/git</c>: one a project, made by its first push.</summary>
public sealed partial class Repositories
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Not a project's name, so that nobody can push to it.</summary>
    private const string NoProject = "_none";

    /// <summary>What was not touched for so long belongs to no push that is still under way.</summary>
    private static readonly TimeSpan LeftAfter = TimeSpan.FromHours(1);

    /// <summary>By project: whoever holds it may remove packs, or keeps others from it.</summary>
    private readonly ConcurrentDictionary<string, SemaphoreSlim> packing = [];
    private readonly System.Threading.Lock creating = new();

    /// <param name="folder"><c>DATA/git</c>; made when it is not there.</param>
    /// <exception cref="GitException">Git is missing or too old.</exception>
    public Repositories(string folder)
    {
        Folder = Path.GetFullPath(folder);
        Surroundings = new GitSurroundings(Folder);
        Program = GitProgram.Installed;
        Directory.CreateDirectory(Folder, OwnerOnly);
        Directory.CreateDirectory(HooksFolder, OwnerOnly);
        Directory.CreateDirectory(PushesFolder, OwnerOnly);
        DurableFile.Write(Surroundings.ConfigFile, Encoding.UTF8.GetBytes(GitConfig.Global(HooksFolder)));
        if (!Directory.Exists(EmptyRepository))
            CreateAt(EmptyRepository);
    }

    public string Folder { get; }

    public GitProgram Program { get; }

    public GitSurroundings Surroundings { get; }

    /// <summary>The only hooks that ever run.</summary>
    public string HooksFolder => Path.Combine(Folder, "hooks");

    /// <summary>A folder for each push under way.</summary>
    public string PushesFolder => Path.Combine(Folder, "pushes");

    /// <summary>What a first push is shown: nothing is made until it really sends something.</summary>
    public string EmptyRepository => Path.Combine(Folder, NoProject + ".git");

    public LivePushes Live { get; } = new();

    /// <param name="project">A name that <see cref="ProjectName"/> has no problem with.</param>
    public string PathOf(string project) =>
        ProjectName.Problem(project) is { } problem
            ? throw new ArgumentException(problem, nameof(project))
            : Path.Combine(Folder, project + ".git");

    public bool Exists(string project) => File.Exists(Path.Combine(PathOf(project), "HEAD"));

    /// <summary>Makes the repository when it is not there.</summary>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    public void Create(string project)
    {
        lock (creating)
        {
            if (!Exists(project))
                CreateAt(PathOf(project));
        }
    }

    /// <summary>What is at a path of a commit; null when there is nothing.</summary>
    /// <param name="path">Slashes between names, none at the beginning.</param>
    /// <param name="quarantine">For a commit that is still being pushed.</param>
    /// <param name="bytesAtMost">A larger file comes without its content.</param>
    public async Task<FoundObject?> ReadFileAsync(
        string project, string commit, string path, Quarantine? quarantine, int bytesAtMost, CancellationToken cancel) =>
        (await ReadAsync(project, [$"{commit}:{path}"], quarantine, bytesAtMost, cancel))[0];

    /// <summary>Several objects at once: an id each, or <c>COMMIT:PATH</c>; null for those that are not there.</summary>
    public Task<IReadOnlyList<FoundObject?>> ReadAsync(
        string project, IReadOnlyList<string> names, Quarantine? quarantine, int bytesAtMost, CancellationToken cancel) =>
        ObjectReader.ReadAsync(Surroundings, PathOf(project), quarantine, names, bytesAtMost, cancel);

    /// <summary>First line of the commit's message, fit for a terminal; empty when there is no such commit.</summary>
    public async Task<string> SubjectAsync(string project, string commit, CancellationToken cancel) =>
        (await ReadAsync(project, [commit], null, 1 << 20, cancel))[0] is { Type: "commit" } found ? found.Subject : "";

    /// <summary>The paths of all files of a commit, in git's order.</summary>
    /// <exception cref="GitException">There is no such commit.</exception>
    public async Task<IReadOnlyList<string>> FilesAsync(string project, string commit, CancellationToken cancel)
    {
        var (exitCode, output, errors) = await Surroundings.RunAsync(
            ["--git-dir", PathOf(project), "ls-tree", "-r", "-z", "--name-only", "--end-of-options", commit], cancel);
        return exitCode == 0 ? output.Split('\0', StringSplitOptions.RemoveEmptyEntries) : throw new GitException(errors.Trim());
    }

    /// <summary>Makes a clone check out the branch that is deployed.</summary>
    /// <param name="branch">The full ref.</param>
    public void SetHead(string project, string branch)
    {
        var head = Path.Combine(PathOf(project), "HEAD");
        var wanted = $"ref: {branch}\n";
        if (File.ReadAllText(head) != wanted)
            DurableFile.Write(head, Encoding.UTF8.GetBytes(wanted));
    }

    /// <summary>
    /// Makes what a push changed safe from a power cut: git syncs its files, and not the folders that they were renamed
    /// into.
    /// </summary>
    /// <param name="refs">Full refs that moved.</param>
    public void Sync(string project, IEnumerable<string> refs)
    {
        var repository = PathOf(project);
        var folders = refs.SelectMany(FoldersOf).Distinct(StringComparer.Ordinal).Append("objects/pack");
        foreach (var folder in folders.Select(folder => Path.Combine(repository, folder)).Where(Directory.Exists))
            DurableFile.SyncFolder(folder);
    }

    /// <summary>All that git may have made for the ref: <c>refs/heads/a/b</c> is in <c>refs/heads/a</c>, and that in <c>refs/heads</c>.</summary>
    private static IEnumerable<string> FoldersOf(string name)
    {
        for (var end = name.LastIndexOf('/'); end > "refs".Length; end = name.LastIndexOf('/', end - 1))
            yield return name[..end];
    }

    /// <summary>
    /// Removes what an earlier server left: folders of its pushes, half of what they brought, and repositories that never
    /// got a ref. Call before the first push is let in.
    /// </summary>
    public void Sweep(DateTimeOffset now)
    {
        foreach (var push in Directory.EnumerateDirectories(PushesFolder).Concat(Directory.EnumerateDirectories(Folder, "new-*")).ToList())
        {
            try
            {
                Directory.Delete(push, recursive: true);
            }
            catch (IOException)
            {
                // A hook that outlived its server still writes there: the next start sweeps it away.
            }
        }

        foreach (var repository in Directory.EnumerateDirectories(Folder, "*.git").Where(path => path != EmptyRepository))
        {
            if (IsLeft(repository) && IsEmpty(repository))
            {
                Directory.Delete(repository, recursive: true);
                continue;
            }

            foreach (var quarantine in Directory.EnumerateDirectories(Path.Combine(repository, "objects"), "tmp_objdir-*").Where(IsLeft))
                Directory.Delete(quarantine, recursive: true);
            foreach (var file in Directory.EnumerateFiles(Path.Combine(repository, "objects", "pack"), "*tmp*").Where(IsLeft))
                File.Delete(file);
        }

        bool IsLeft(string path) => now - Directory.GetLastWriteTimeUtc(path) > LeftAfter;
    }

    private static bool IsEmpty(string repository) =>
        !File.Exists(Path.Combine(repository, "packed-refs"))
        && !Directory.Exists(Path.Combine(repository, "logs"))
        && !Directory.EnumerateFiles(Path.Combine(repository, "refs"), "*", SearchOption.AllDirectories).Any()
        && !Directory.EnumerateFiles(Path.Combine(repository, "objects"), "*", SearchOption.AllDirectories).Any();

    /// <summary>What <c>git init --bare</c> makes, without its samples; there whole or not at all.</summary>
    private void CreateAt(string path)
    {
        var next = Path.Combine(Folder, $"new-{Guid.NewGuid():N}");
        Directory.CreateDirectory(next, OwnerOnly);
        foreach (var folder in (ReadOnlySpan<string>)["objects/info", "objects/pack", "refs/heads", "refs/tags"])
            Directory.CreateDirectory(Path.Combine(next, folder), OwnerOnly);
        DurableFile.Write(Path.Combine(next, "config"), Encoding.UTF8.GetBytes(GitConfig.Repository));
        DurableFile.Write(Path.Combine(next, "HEAD"), "ref: refs/heads/main\n"u8);
        foreach (var folder in (ReadOnlySpan<string>)["objects", "refs"])
            DurableFile.SyncFolder(Path.Combine(next, folder));
        Directory.Move(next, path);
        DurableFile.SyncFolder(Folder);
    }
}
