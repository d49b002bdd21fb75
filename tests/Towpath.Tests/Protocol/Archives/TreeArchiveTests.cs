using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Towpath.Protocol.Archives;

namespace Towpath.Tests.Protocol.Archives;

public sealed class TreeArchiveTests : IDisposable
{
    private static readonly TreeArchiveLimits Limits = TreeArchiveLimits.Default;
    private readonly TestFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task A_tree_comes_back_as_it_was()
    {
        var from = Sample("from");
        await Extract(await Write(from), temp.At("to"));

        Assert.Equal("hello", File.ReadAllText(temp.At("to", "read.me")));
        Assert.Equal("#!/bin/sh", File.ReadAllText(temp.At("to", "bin", "run")));
        Assert.True(File.GetUnixFileMode(temp.At("to", "bin", "run")).HasFlag(UnixFileMode.UserExecute));
        Assert.False(File.GetUnixFileMode(temp.At("to", "read.me")).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal("../read.me", new FileInfo(temp.At("to", "bin", "link")).LinkTarget);
        Assert.True(Directory.Exists(temp.At("to", "empty")));
        Assert.Equal(300_000, new FileInfo(temp.At("to", Long, "größe.bin")).Length);
        Assert.Equal(await Write(from), await Write(temp.At("to")));
    }

    [Fact]
    public async Task The_same_tree_gives_the_same_bytes_whatever_the_times_modes_and_order_of_creation()
    {
        var one = Sample("one");
        var two = temp.At("two");
        foreach (var file in Directory.GetFiles(one, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Reverse())
        {
            var copy = temp.At("two", Path.GetRelativePath(one, file));
            if (new FileInfo(file).LinkTarget is { } target)
            {
                File.CreateSymbolicLink(copy, target);
                continue;
            }

            File.Copy(file, copy);
            File.SetLastWriteTimeUtc(copy, new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
            File.SetUnixFileMode(copy, File.GetUnixFileMode(copy) | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
        }

        Directory.CreateDirectory(temp.At("two", "empty"));
        Assert.Equal(await Write(one), await Write(two));

        File.SetUnixFileMode(temp.At("two", "read.me"), File.GetUnixFileMode(temp.At("two", "read.me")) | UnixFileMode.UserExecute);
        Assert.NotEqual(await Write(one), await Write(two));
    }

    [Fact]
    public async Task The_bytes_stay_what_they_were_in_the_first_version()
    {
        // Kept packages and the digests in histories depend on it: when this fails, the format changed.
        Assert.Equal(
            "a77c5c324ef172a7f75d87abb1d9cd7620a1460b582b80036413f4a06760b7a8",
            Convert.ToHexStringLower(SHA256.HashData(await Write(Sample("golden")))));
    }

    [Fact]
    public async Task Other_tar_programs_read_it()
    {
        File.WriteAllBytes(temp.At("a.tar"), await Write(Sample("from")));
        var listed = await Output("tar", "--numeric-owner", "--full-time", "-tvf", temp.At("a.tar"));
        Assert.Contains("-rw-r--r-- 0/0               5 1970-01-01 00:00:00 read.me", listed, StringComparison.Ordinal);
        Assert.Contains(@"gr\303\266\303\237e.bin", listed, StringComparison.Ordinal);
        Assert.Contains("bin/link -> ../read.me", listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_git_folder_at_the_root_is_left_out_and_a_deeper_one_is_not()
    {
        File.WriteAllText(temp.At("from", ".git", "config"), "x");
        File.WriteAllText(temp.At("from", "vendor", ".git", "config"), "x");
        await Extract(await Write(temp.At("from")), temp.At("to"));
        Assert.False(Directory.Exists(temp.At("to", ".git")));
        Assert.True(File.Exists(temp.At("to", "vendor", ".git", "config")));
    }

    [Fact]
    public async Task A_folder_and_a_file_are_restored_at_the_path_they_had()
    {
        File.WriteAllText(temp.At("from", "out", "out"), "in the folder");
        File.WriteAllText(temp.At("from", "app.js"), "a file");
        await Restore(await Write(temp.At("from", "out")), temp.At("to", "deep", "out"));
        await Restore(await Write(temp.At("from", "app.js")), temp.At("to", "other.js"));
        await Restore(await Write(temp.At("from", "app.js")), temp.At("to", "other.js"));
        Assert.Equal("in the folder", File.ReadAllText(temp.At("to", "deep", "out", "out")));
        Assert.Equal("a file", File.ReadAllText(temp.At("to", "other.js")));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    public async Task A_name_that_leads_outside_is_refused(string name)
    {
        var error = await Refused(Tar(new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream([1]) }));
        Assert.Contains("only paths inside the tree are taken", error, StringComparison.Ordinal);
        Assert.False(File.Exists(temp.At("x")));
    }

    [Fact]
    public async Task A_link_that_leads_outside_is_refused_also_when_it_does_so_through_another()
    {
        Assert.Contains("leads outside", await Refused(Tar(Link("l", "/etc"))), StringComparison.Ordinal);
        Assert.Contains("leads outside", await Refused(Tar(Link("a/l", "../../x"))), StringComparison.Ordinal);
        Assert.Contains("leads outside", await Refused(Tar(Link("k", "a/b/l/../x"), Link("a/b/l", "../.."))), StringComparison.Ordinal);
        Assert.Contains("in circles", await Refused(Tar(Link("a", "b"), Link("b", "a"))), StringComparison.Ordinal);
        await Extract(Tar(Link("k", "a/b/l/x"), Link("a/b/l", "../..")), temp.At("fine"));
    }

    [Fact]
    public async Task Nothing_is_written_through_a_link()
    {
        var file = new GnuTarEntry(TarEntryType.RegularFile, "l/x") { DataStream = new MemoryStream([1]) };
        Assert.Contains("there twice", await Refused(Tar(Link("l", "d"), file)), StringComparison.Ordinal);

        Directory.CreateDirectory(temp.At("outside"));
        Directory.CreateDirectory(temp.At("to"));
        File.CreateSymbolicLink(temp.At("to", "l"), temp.At("outside"));
        File.WriteAllText(temp.At("kept"), "kept");
        File.CreateSymbolicLink(temp.At("to", "f"), temp.At("kept"));
        var error = await Assert.ThrowsAsync<ArchiveException>(() => Extract(Tar(file), temp.At("to")));
        Assert.Contains("file or link of that name", error.Message, StringComparison.Ordinal);
        await Extract(Tar(new GnuTarEntry(TarEntryType.RegularFile, "f") { DataStream = new MemoryStream([1]) }), temp.At("to"));
        Assert.Equal("kept", File.ReadAllText(temp.At("kept")));
        Assert.Empty(Directory.GetFileSystemEntries(temp.At("outside")));
    }

    [Fact]
    public async Task Hard_links_become_files_of_their_own()
    {
        var file = new GnuTarEntry(TarEntryType.RegularFile, "a") { DataStream = new MemoryStream("same"u8.ToArray()) };
        await Extract(Tar(file, new GnuTarEntry(TarEntryType.HardLink, "d/b") { LinkName = "a" }), temp.At("to"));
        Assert.Equal("same", File.ReadAllText(temp.At("to", "d", "b")));
        Assert.Contains(
            "hard link",
            await Refused(Tar(new GnuTarEntry(TarEntryType.HardLink, "b") { LinkName = "missing" })),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    public async Task Pipes_and_devices_in_an_archive_are_refused(TarEntryType type) =>
        Assert.Contains("only files, folders and links", await Refused(Tar(new GnuTarEntry(type, "x"))), StringComparison.Ordinal);

    [Fact]
    public async Task A_pipe_in_a_folder_is_refused_without_waiting_for_its_writer()
    {
        Directory.CreateDirectory(temp.At("from"));
        await Output("mkfifo", temp.At("from", "pipe"));
        var error = await Assert.ThrowsAsync<ArchiveException>(() => Write(temp.At("from")));
        Assert.Equal("'pipe' is a named pipe; only files, folders and links can be archived.", error.Message);
    }

    [Fact]
    public async Task Limits_hold_when_archiving_and_when_unpacking()
    {
        var from = Sample("from");
        var archive = await Write(from);
        var few = Limits with { Entries = 3 };
        var small = Limits with { Bytes = 1000 };
        Assert.Contains("more than 3", await NotWritten(from, few), StringComparison.Ordinal);
        Assert.Contains("larger than", await NotWritten(from, small), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArchiveException>(() => Extract(archive, temp.At("to1"), few));
        await Assert.ThrowsAsync<ArchiveException>(() => Extract(archive, temp.At("to2"), small));
    }

    [Fact]
    public async Task A_damaged_archive_is_named_so()
    {
        var archive = await Write(Sample("from"));
        Assert.Contains("damaged or not a tar", await Refused(archive[..(archive.Length / 2)]), StringComparison.Ordinal);
        Assert.Contains("damaged or not a tar", await Refused([.. Enumerable.Repeat((byte)'x', 2048)]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_size_that_no_file_has_is_damage()
    {
        var header = new byte[1024];
        "a"u8.CopyTo(header);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        // In binary, as large as it can be.
        header[124] = 0x80;
        header.AsSpan(128, 8).Fill(0xFF);
        header[128] = 0x7F;
        header[156] = (byte)'0';
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes($"{Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0')}\0 ").CopyTo(header, 148);
        await File.WriteAllBytesAsync(temp.At("a.tar"), header, TestContext.Current.CancellationToken);

        Assert.Contains("damaged or not a tar", await Refused(header), StringComparison.Ordinal);
        var inPlace = await Assert.ThrowsAsync<ArchiveException>(
            () => TarTree.AddAsync(new Tree(Limits), temp.At("a.tar"), "", TestContext.Current.CancellationToken));
        Assert.Contains("damaged or not a tar", inPlace.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_path_and_a_link_are_refused_as_outputs()
    {
        Assert.Contains("does not exist", await NotWritten(temp.At("none")), StringComparison.Ordinal);
        File.CreateSymbolicLink(temp.At("link"), "/etc");
        Assert.Contains("symbolic link", await NotWritten(temp.At("link")), StringComparison.Ordinal);
        Assert.Throws<ArchiveException>(() => TreeArchive.PathInside(temp.Path, "link/passwd"));
        Assert.Throws<ArchiveException>(() => TreeArchive.PathInside(temp.Path, "../x"));
        Assert.Equal(temp.At("a", "b"), TreeArchive.PathInside(temp.Path, "./a/b/"));
    }

    private static string Long => new('n', 120);

    private static GnuTarEntry Link(string name, string target) => new(TarEntryType.SymbolicLink, name) { LinkName = target };

    private static byte[] Tar(params TarEntry[] entries)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                entry.DataStream?.Seek(0, SeekOrigin.Begin);
                writer.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    private static async Task<byte[]> Write(string folder, TreeArchiveLimits? limits = null)
    {
        var bytes = new MemoryStream();
        await TreeArchive.WriteAsync(folder, bytes, limits ?? Limits, TestContext.Current.CancellationToken);
        return bytes.ToArray();
    }

    private static async Task<string> NotWritten(string folder, TreeArchiveLimits? limits = null) =>
        (await Assert.ThrowsAsync<ArchiveException>(() => Write(folder, limits))).Message;

    private static Task Extract(byte[] archive, string folder, TreeArchiveLimits? limits = null) =>
        TreeArchive.ExtractAsync(new MemoryStream(archive), folder, limits ?? Limits, TestContext.Current.CancellationToken);

    private static Task Restore(byte[] archive, string path) =>
        TreeArchive.RestoreAsync(new MemoryStream(archive), path, Limits, TestContext.Current.CancellationToken);

    private static async Task<string> Output(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            Environment = { ["TZ"] = "UTC", ["LC_ALL"] = "C" },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private async Task<string> Refused(byte[] archive) =>
        (await Assert.ThrowsAsync<ArchiveException>(() => Extract(archive, temp.At("refused", Guid.NewGuid().ToString("N"))))).Message;

    private string Sample(string name)
    {
        File.WriteAllText(temp.At(name, "read.me"), "hello");
        File.WriteAllText(temp.At(name, "bin.txt"), "sorts between 'bin' and 'bin/'");
        File.WriteAllText(temp.At(name, "bin", "run"), "#!/bin/sh");
        File.SetUnixFileMode(temp.At(name, "bin", "run"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(temp.At(name, "bin", "link"), "../read.me");
        Directory.CreateDirectory(temp.At(name, "empty"));
        File.WriteAllBytes(temp.At(name, Long, "größe.bin"), [.. Enumerable.Range(0, 300_000).Select(i => (byte)i)]);
        return temp.At(name);
    }
}
