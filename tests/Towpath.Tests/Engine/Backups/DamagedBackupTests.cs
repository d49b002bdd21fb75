using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Towpath.Core;
using Towpath.Engine.Backups;
using Towpath.Protocol.Files;
using Towpath.Tests.Server;
using Towpath.Tests.Server.Git;

namespace Towpath.Tests.Engine.Backups;

/// <summary>What is no whole backup of this version, or has no empty place to go to, is refused, and nothing of it is left.</summary>
public sealed class DamagedBackupTests : IAsyncLifetime
{
    private readonly TestFolder folder = new();
    private string file = "";

    private string Target => folder.At("restored");

    public async ValueTask InitializeAsync()
    {
        var client = new GitClient(folder.At("work", "shop"));
        client.Commit("Open", ("towpath.yml", RunningServer.ShopPipeline));
        await using var server = await WorkingServer.StartAsync(folder.At("data"));
        var (exitCode, text) = await client.TryAsync(["push", server.AddressOf("shop"), "main"]);
        Assert.True(exitCode == 0, text);
        await server.GoesLiveAsync("production", 1);
        file = await server.BackupAsync(folder.At("whole.tar.gz"));
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Flipped_bit_anywhere_is_found_or_changes_nothing()
    {
        var whole = await File.ReadAllBytesAsync(file, WorkingServer.Ended);
        var right = await BackupReader.VerifyAsync(file, WorkingServer.Ended);
        var found = 0;
        for (var at = 0; at < whole.Length; at += 3)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x10;
            var (summary, refusal) = await VerifyAsync(damaged);
            // A time in the header of the archive, or what fills it up, is no content.
            Assert.True(refusal is BackupException || right == summary, $"byte {at} of {whole.Length}: {refusal} {summary}");
            found += refusal is null ? 0 : 1;
        }

        Assert.True(found > whole.Length / 4, $"{found} damages were found");
    }

    [Fact]
    public async Task Cut_off_file_is_found_wherever_it_ends()
    {
        var whole = await File.ReadAllBytesAsync(file, WorkingServer.Ended);
        // The last bytes are the checksum of gzip, which the manifest makes good for.
        for (var length = 0; length < whole.Length - 64; length += 7)
            Assert.IsType<BackupException>((await VerifyAsync(whole[..length])).Refusal);
        await RefusedAsync(whole[..(whole.Length / 2)]);
    }

    [Fact]
    public async Task Member_whose_bytes_are_not_those_that_were_written_is_named()
    {
        const string name = "git/shop.git/HEAD";
        var damaged = await RewriteAsync((entry, content) => entry == name ? "ref: refs/heads/evil\n"u8.ToArray() : content);

        Assert.Contains($"is damaged in '{name}'", await RefusedAsync(damaged), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Member_that_is_missing_or_is_no_part_of_a_backup_is_named()
    {
        var missing = await RewriteAsync((entry, content) => entry == "server/journal.db" ? null : content);
        Assert.Contains("'server/journal.db' (it is missing)", await RefusedAsync(missing), StringComparison.Ordinal);

        foreach (var name in (string[])["../outside", "server/../../outside", "/etc/outside", "agent/state.json", "git/_none.git/HEAD"])
            Assert.Contains($"'{name}'", await RefusedAsync(await RewriteAsync((_, content) => content, name)), StringComparison.Ordinal);
        Assert.False(File.Exists(folder.At("outside")));
    }

    [Fact]
    public async Task Repository_that_an_older_version_saved_with_a_gap_and_did_not_say_so_is_named()
    {
        var older = await RewriteAsync(
            (entry, content) => IsPack(entry) ? null : content,
            manifest: whole => whole with { Members = whole.Members.Where(member => !IsPack(member.Name)).ToValueList() });
        await File.WriteAllBytesAsync(folder.At("older.tar.gz"), older, WorkingServer.Ended);

        var gap = Assert.Single((await RestoreAsync(folder.At("older.tar.gz"))).Backup.Gaps);

        Assert.Equal(("shop", (int?)null), (gap.Project, gap.Run));
        Assert.StartsWith("The repository of 'shop' is not whole: ", gap.Sentence, StringComparison.Ordinal);

        static bool IsPack(string name) => name.StartsWith("git/shop.git/objects/", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_of_a_newer_version_is_refused()
    {
        var newer = await RewriteAsync((entry, content) => entry != BackupHeader.Name ? content : Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(content).Replace("\"format\":1,\"towpath\":\"", "\"format\":2,\"towpath\":\"9.", StringComparison.Ordinal)));

        Assert.Contains("made by Towpath 9.", await RefusedAsync(newer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Folder_that_is_not_empty_is_left_alone()
    {
        await File.WriteAllTextAsync(folder.At("restored", "mine.txt"), "mine", WorkingServer.Ended);

        var refused = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(file));

        Assert.Contains("is not empty", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Directory.EnumerateFileSystemEntries(Target).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Restore_goes_into_an_empty_folder_and_over_what_a_killed_one_left()
    {
        Directory.CreateDirectory(Target);
        // A restore that was killed leaves its claim, which nobody holds any more, and whatever it had written.
        await File.WriteAllTextAsync(folder.At("restored.restoring", "owner.lock"), "", WorkingServer.Ended);
        await File.WriteAllTextAsync(folder.At("restored.restoring", "server", "secrets.json"), "half of i", WorkingServer.Ended);

        await RestoreAsync(file);

        Assert.True(File.Exists(folder.At("restored", "server", "journal.db")));
        Assert.False(Directory.Exists(Target + ".restoring"));
        Assert.DoesNotContain(Directory.EnumerateFiles(Target), path => Path.GetFileName(path).StartsWith("owner", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Folder_of_somebody_else_beside_the_place_is_left_alone()
    {
        await File.WriteAllTextAsync(folder.At("restored.restoring", "mine.txt"), "mine", WorkingServer.Ended);

        Assert.Contains("is in the way", (await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(file))).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.At("restored.restoring", "mine.txt")));
    }

    [Fact]
    public async Task Claim_of_a_leftover_goes_last_so_that_a_kill_meanwhile_leaves_one_that_is_known()
    {
        // In whatever order the system lists them, the claim is hardly the last.
        for (var number = 0; number < 40; number++)
        {
            await File.WriteAllTextAsync(folder.At("restored.restoring", $"git-{number}", "HEAD"), "ref", WorkingServer.Ended);
            if (number == 20)
                await File.WriteAllTextAsync(folder.At("restored.restoring", "owner.lock"), "", WorkingServer.Ended);
        }

        var deleted = new ConcurrentQueue<string?>();
        using var watcher = new FileSystemWatcher(Target + ".restoring");
        watcher.Deleted += (_, left) => deleted.Enqueue(left.Name);
        watcher.EnableRaisingEvents = true;
        await RestoreAsync(file);

        await Eventually.That(() => deleted.Count >= 42, "all that was left is deleted");
        Assert.Equal(["owner", "owner.lock"], deleted.Take(42).TakeLast(2).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Mount_point_is_refused_with_a_folder_to_use()
    {
        var refused = await Assert.ThrowsAsync<BackupException>(() => BackupRestore.RunAsync(file, "/proc", null, TimeProvider.System, WorkingServer.Ended));

        Assert.Equal("/proc is a mount point, which cannot be replaced: restore into a folder in it, as /proc/towpath.", refused.Message);
        Assert.False(MountPoint.Is("/proc/self"));
        Assert.False(MountPoint.Is(folder.Path));
        Assert.False(MountPoint.Is(folder.At("missing")));
    }

    [Theory]
    [InlineData("volume", true)]
    [InlineData("new", false)]
    public async Task Link_to_the_folder_stays_and_what_it_leads_to_is_restored(string real, bool exists)
    {
        if (exists)
            Directory.CreateDirectory(folder.At(real));
        Directory.CreateSymbolicLink(Target, real);

        await RestoreAsync(file);

        Assert.Equal(real, new DirectoryInfo(Target).LinkTarget);
        Assert.True(File.Exists(folder.At(real, "server", "journal.db")));
        Assert.Empty(Directory.EnumerateDirectories(folder.Path, "*.restoring"));
    }

    private async Task<(BackupSummary? Summary, Exception? Refusal)> VerifyAsync(byte[] bytes)
    {
        await File.WriteAllBytesAsync(folder.At("damaged.tar.gz"), bytes, WorkingServer.Ended);
        BackupSummary? summary = null;
        var refusal = await Record.ExceptionAsync(async () => summary = await BackupReader.VerifyAsync(folder.At("damaged.tar.gz"), WorkingServer.Ended));
        return (summary, refusal);
    }

    private async Task<string> RefusedAsync(byte[] bytes)
    {
        await File.WriteAllBytesAsync(folder.At("damaged.tar.gz"), bytes, WorkingServer.Ended);
        var refused = await Record.ExceptionAsync(() => RestoreAsync(folder.At("damaged.tar.gz")));
        Assert.True(refused is BackupException, $"{refused}");
        Assert.False(Directory.Exists(Target));
        Assert.False(Directory.Exists(Target + ".restoring"));
        await Assert.ThrowsAsync<BackupException>(() => BackupReader.VerifyAsync(folder.At("damaged.tar.gz"), WorkingServer.Ended));
        return refused!.Message;
    }

    private Task<Restored> RestoreAsync(string from) =>
        BackupRestore.RunAsync(from, Target, null, TimeProvider.System, WorkingServer.Ended);

    /// <summary>The backup with other contents; a member that is null is left out, and one more is put before the manifest.</summary>
    private async Task<byte[]> RewriteAsync(
        Func<string, byte[], byte[]?> change, string? more = null, Func<BackupManifest, BackupManifest>? manifest = null)
    {
        using var bytes = new MemoryStream();
        await using (var reader = new TarReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress)))
        await using (var zip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        await using (var writer = new TarWriter(zip, TarEntryFormat.Pax))
        {
            while (await reader.GetNextEntryAsync(copyData: true, WorkingServer.Ended) is { } entry)
            {
                using var content = new MemoryStream();
                await entry.DataStream!.CopyToAsync(content, WorkingServer.Ended);
                if (BackupManifest.IsName(entry.Name) && more is not null)
                    await WriteAsync(writer, more, [1, 2, 3]);
                if (BackupManifest.IsName(entry.Name) && manifest is not null)
                {
                    var whole = JsonSerializer.Deserialize<BackupManifest>(content.ToArray(), CoreJson.Options)!;
                    var written = JsonSerializer.SerializeToUtf8Bytes(manifest(whole), CoreJson.Options);
                    await WriteAsync(writer, BackupManifest.NameOf(written), written);
                }
                else if (change(entry.Name, content.ToArray()) is { } changed)
                    await WriteAsync(writer, entry.Name, changed);
            }
        }

        return bytes.ToArray();
    }

    private static Task WriteAsync(TarWriter writer, string name, byte[] content) =>
        writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) }, WorkingServer.Ended);
}
