using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Towpath.Core;

namespace Towpath.Engine.Backups;

/// <summary>Writes a backup: a tar archive, compressed with gzip so that every machine can look into it, with a manifest at its end.</summary>
internal sealed class BackupArchive : IAsyncDisposable
{
    private readonly GZipStream zip;
    private readonly TarWriter tar;
    private readonly BackupHeader header;
    private readonly List<BackupMember> members = [];
    private readonly List<BackupGap> gaps = [];

    private BackupArchive(Stream target, BackupHeader header)
    {
        this.header = header;
        // Git's packs do not become smaller, and everything else does already at the lowest level.
        zip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        tar = new TarWriter(zip, TarEntryFormat.Pax, leaveOpen: true);
    }

    public static async Task<BackupArchive> BeginAsync(Stream target, BackupHeader header, CancellationToken cancel)
    {
        var archive = new BackupArchive(target, header);
        await archive.WriteAsync(BackupHeader.Name, new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(header, CoreJson.Options)), cancel);
        return archive;
    }

    public void Miss(string project, int? run, string sentence) => gaps.Add(new BackupGap(project, run, sentence));

    public Task AddAsync(string name, byte[] content, CancellationToken cancel) => AddAsync(name, new MemoryStream(content), cancel);

    /// <summary>A file as long as it is now. One that is gone is left out.</summary>
    /// <returns>Its SHA-256; null when it is gone.</returns>
    public async Task<string?> AddFileAsync(string name, string path, CancellationToken cancel)
    {
        try
        {
            await using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
            return await AddAsync(name, file, cancel);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The manifest, and the end.</summary>
    public async Task<BackupSummary> EndAsync(CancellationToken cancel)
    {
        var manifest = new BackupManifest(header, members.ToValueList(), gaps.ToValueList());
        var content = JsonSerializer.SerializeToUtf8Bytes(manifest, CoreJson.Options);
        await WriteAsync(BackupManifest.NameOf(content), new MemoryStream(content), cancel);
        return new BackupSummary(header, members.Count, members.Sum(member => member.Size), manifest.Gaps);
    }

    public async ValueTask DisposeAsync()
    {
        await tar.DisposeAsync();
        await zip.DisposeAsync();
    }

    private async Task<string> AddAsync(string name, Stream content, CancellationToken cancel)
    {
        var (size, sha256) = await WriteAsync(name, content, cancel);
        members.Add(new BackupMember(name, size, sha256));
        return sha256;
    }

    private async Task<(long Size, string Sha256)> WriteAsync(string name, Stream content, CancellationToken cancel)
    {
        await using var hashed = new HashedContent(content, content.Length);
        var entry = new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = hashed,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            ModificationTime = header.At,
        };
        await tar.WriteEntryAsync(entry, cancel);
        return (hashed.Length, hashed.End());
    }
}
