using System.Diagnostics;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine.Packages;
using Towpath.Protocol.Archives;

namespace Towpath.Tests.Engine.Packages;

public sealed class PackageBuilderTests : IDisposable
{
    private readonly TestFolder temp = new();
    private readonly PackageStore store;

    public PackageBuilderTests()
    {
        store = PackageStore.Open(temp.At("store"));
        Git("init", "-q", "-b", "main", temp.At("source"));
        File.WriteAllText(temp.At("source", "towpath.yml"), "package: .\n");
        File.WriteAllText(temp.At("source", "smoke.sh"), "exit 0\n");
        File.SetUnixFileMode(temp.At("source", "smoke.sh"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Repository => temp.At("source", ".git");

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Parts_lie_in_their_folders_and_the_commits_tree_in_the_deploy_layer()
    {
        var commit = Commit();
        var web = await Output("a", ("Shop", "web"), ("wwwroot/x.css", "css"));
        var package = await Build(store, commit, ("web", web), ("worker", await Output("b", ("Worker", "worker"))));
        Assert.Equal(["web/Shop", "web/wwwroot/x.css", "worker/Worker"], await Unpack(package.App));
        Assert.Equal(["smoke.sh", "towpath.yml"], await Unpack(package.Deploy));
        Assert.True(File.GetUnixFileMode(temp.At("unpacked", package.Deploy.Hex, "smoke.sh")).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal(package.Size, store.SizeOf(package.App) + store.SizeOf(package.Deploy));
        Assert.Equal(package, new PackageBuilder(store, TreeArchiveLimits.Default).Read(package.Digest));
    }

    [Fact]
    public async Task The_manifest_is_an_OCI_artifact_and_the_index_names_it()
    {
        var commit = Commit();
        var package = await Build(store, commit, ("", await Output("a", ("Shop", "web"))));
        using var stream = store.OpenVerified(package.Digest);
        var expected = $$$"""
            {"schemaVersion":2,
            "mediaType":"application/vnd.oci.image.manifest.v1+json",
            "artifactType":"application/vnd.towpath.package.v1",
            "config":{"mediaType":"application/vnd.oci.empty.v1+json",
            "digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},
            "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar",
            "digest":"{{{package.App}}}","size":{{{store.SizeOf(package.App)}}},
            "annotations":{"org.opencontainers.image.title":"app"}},
            {"mediaType":"application/vnd.oci.image.layer.v1.tar",
            "digest":"{{{package.Deploy}}}","size":{{{store.SizeOf(package.Deploy)}}},
            "annotations":{"org.opencontainers.image.title":"deploy"}}],
            "annotations":{"org.opencontainers.image.revision":"{{{commit}}}"}}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), new StreamReader(stream).ReadToEnd());
        Assert.Equal(package.Digest, store.Index.Find("shop:run-7"));
        Assert.Equal(2, store.SizeOf(Digest.Parse("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")));
    }

    [Fact]
    public async Task The_same_input_gives_the_same_digest_in_another_store()
    {
        var commit = Commit();
        var one = await Build(store, commit, ("", await Output("a", ("z", "1"), ("a/b", "2"))));
        var other = PackageStore.Open(temp.At("other"));
        File.SetLastWriteTimeUtc(temp.At("outputs", "a", "z"), new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var two = await Build(other, commit, ("", await Put(other, temp.At("outputs", "a"))));
        Assert.Equal(one, two);

        File.WriteAllText(temp.At("outputs", "a", "z"), "3");
        var three = await Build(store, commit, ("", await Put(store, temp.At("outputs", "a"))));
        Assert.NotEqual(one.App, three.App);
        Assert.Equal(one.Deploy, three.Deploy);
    }

    [Fact]
    public async Task Another_commit_with_the_same_output_keeps_the_app_layer()
    {
        var output = await Output("a", ("Shop", "web"));
        var one = await Build(store, Commit(), ("", output));
        File.WriteAllText(temp.At("source", "smoke.sh"), "exit 1\n");
        var two = await Build(store, Commit(), ("", output));
        Assert.Equal(one.App, two.App);
        Assert.NotEqual(one.Deploy, two.Deploy);
        Assert.NotEqual(one.Digest, two.Digest);
    }

    [Fact]
    public async Task A_missing_output_an_empty_package_and_a_link_outside_are_failures()
    {
        var commit = Commit();
        var builder = new PackageBuilder(store, TreeArchiveLimits.Default);
        var wanting = Command(commit, [new("", "build", "gone")], OrdinalMap<StoredOutput>.Empty);
        var reason = "The package cannot be made: it wants the output 'gone' of the job 'build', which left none.";
        Assert.Equal(new(Outcome.Failed, null, reason), await builder.BuildAsync(wanting, Repository, Cancel));

        Directory.CreateDirectory(temp.At("outputs", "empty"));
        var empty = await builder.BuildAsync(Command(commit, ("", await Put(store, temp.At("outputs", "empty")))), Repository, Cancel);
        Assert.Equal(Outcome.Failed, empty.Outcome);
        Assert.Contains("it would be empty", empty.Reason, StringComparison.Ordinal);

        File.CreateSymbolicLink(temp.At("source", "escape"), "../../etc/passwd");
        var link = await builder.BuildAsync(Command(Commit(), ("", await Output("a", ("Shop", "web")))), Repository, Cancel);
        Assert.Equal(Outcome.Failed, link.Outcome);
        Assert.Contains("The link 'escape' -> '../../etc/passwd' leads outside", link.Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(temp.At("store", "uploads")));
    }

    [Fact]
    public async Task A_damaged_output_and_an_unknown_commit_are_errors_of_the_machinery()
    {
        var commit = Commit();
        var builder = new PackageBuilder(store, TreeArchiveLimits.Default);
        var output = await Output("a", ("Shop", "web"));
        var unknown = await builder.BuildAsync(Command(new string('a', 40), ("", output)), Repository, Cancel);
        Assert.Equal(Outcome.Errored, unknown.Outcome);
        Assert.Contains("git could not archive", unknown.Reason, StringComparison.Ordinal);

        var path = temp.At("store", "blobs", "sha256", output.Hex);
        var bytes = File.ReadAllBytes(path);
        bytes[1024] ^= 1;
        File.WriteAllBytes(path, bytes);
        var damaged = await builder.BuildAsync(Command(commit, ("", output)), Repository, Cancel);
        Assert.Equal(Outcome.Errored, damaged.Outcome);
        Assert.Contains("damaged", damaged.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_hold_for_all_parts_together()
    {
        var builder = new PackageBuilder(store, TreeArchiveLimits.Default with { Entries = 5 });
        var web = await Output("a", ("1", "x"), ("2", "x"));
        var command = Command(Commit(), ("web", web), ("worker", await Output("b", ("3", "x"), ("4", "x"))));
        var built = await builder.BuildAsync(command, Repository, Cancel);
        Assert.Equal(Outcome.Failed, built.Outcome);
        Assert.Contains("more than 5 files and folders", built.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_was_built_elsewhere_equals_the_same_built_here()
    {
        var commit = Commit();
        var output = await Output("a", ("Shop", "web"));
        var here = await Build(store, commit, ("", output));
        var builder = new PackageBuilder(store, TreeArchiveLimits.Default);
        var uploaded = await builder.BuildUploadedAsync("shop", commit, output, Repository, Cancel);
        Assert.Equal(here, uploaded.Package);
        Assert.Equal(here.Digest, store.Index.Find($"shop:{commit}"));
    }

    private static StorePackage Command(string commit, params (string Part, Digest Archive)[] parts) => Command(
        commit,
        parts.Select((part, i) => new PackagePart(part.Part, "build", $"o{i}")).ToValueList(),
        OrdinalMap<StoredOutput>.From(
            parts.Select((part, i) => KeyValuePair.Create($"build.o{i}", new StoredOutput(part.Archive, "out/")))));

    private static StorePackage Command(string commit, ValueList<PackagePart> parts, OrdinalMap<StoredOutput> outputs) =>
        new("shop/runs/7/package", "shop", 7, commit, new(parts), outputs);

    private static async Task<Digest> Put(PackageStore store, string folder)
    {
        var bytes = new MemoryStream();
        await TreeArchive.WriteAsync(folder, bytes, TreeArchiveLimits.Default, Cancel);
        bytes.Position = 0;
        return await store.PutBlobAsync(bytes, null, bytes.Length, Cancel);
    }

    private async Task<Package> Build(PackageStore into, string commit, params (string Part, Digest Archive)[] parts)
    {
        var built = await new PackageBuilder(into, TreeArchiveLimits.Default).BuildAsync(Command(commit, parts), Repository, Cancel);
        Assert.Equal("", built.Reason);
        return built.Package!;
    }

    private async Task<Digest> Output(string name, params (string Path, string Content)[] files)
    {
        foreach (var (path, content) in files)
            File.WriteAllText(temp.At(["outputs", name, .. path.Split('/')]), content);
        return await Put(store, temp.At("outputs", name));
    }

    private async Task<IEnumerable<string>> Unpack(Digest layer)
    {
        var folder = temp.At("unpacked", layer.Hex);
        await using var stream = store.OpenVerified(layer);
        await TreeArchive.ExtractAsync(stream, folder, TreeArchiveLimits.Default, Cancel);
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        return files.Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal);
    }

    private string Commit()
    {
        Git("-C", temp.At("source"), "add", "-A");
        Git("-C", temp.At("source"), "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-q", "-m", "change");
        return Git("-C", temp.At("source"), "rev-parse", "HEAD").Trim();
    }

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }
}
