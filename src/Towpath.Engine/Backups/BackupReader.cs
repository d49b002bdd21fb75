using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Towpath.Core;

namespace Towpath.Engine.Backups;

/// <summary>Where the members of a backup go; null: they are only verified.</summary>
/// <returns>A stream that is written once and disposed.</returns>
internal delegate Stream OpenMember(string name);

/// <summary>Reads a backup once, from the beginning to the end, and believes nothing that its manifest does not confirm.</summary>
public sealed class BackupReader
{
    /// <summary>Header and manifest are read into memory: this many bytes at most.</summary>
    private const long DocumentAtMost = 1L << 30;

    private const int MembersAtMost = 10_000_000;

    private readonly string file;
    private readonly OpenMember? open;
    private readonly Dictionary<string, BackupMember> found = new(StringComparer.Ordinal);
    private BackupManifest? manifest;
    private BackupHeader? header;

    /// <summary>The member that is being read: what a damage is found in.</summary>
    private string at = "its beginning";

    private BackupReader(string file, OpenMember? open) => (this.file, this.open) = (file, open);

    /// <summary>Reads the whole file; returns when every byte of it is what was written.</summary>
    /// <exception cref="BackupException">It is damaged or cut off (the message names the member), of a newer version, or no backup.</exception>
    public static Task<BackupSummary> VerifyAsync(string file, CancellationToken cancel) => new BackupReader(file, null).ReadAsync(cancel);

    internal static Task<BackupSummary> ReadAsync(string file, OpenMember open, CancellationToken cancel) =>
        new BackupReader(file, open).ReadAsync(cancel);

    private async Task<BackupSummary> ReadAsync(CancellationToken cancel)
    {
        try
        {
            await using var bytes = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            await using var zip = new GZipStream(bytes, CompressionMode.Decompress);
            await using var tar = new TarReader(zip);
            while (await tar.GetNextEntryAsync(copyData: false, cancel) is { } entry)
                await TakeAsync(entry, cancel);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FormatException or OverflowException)
        {
            throw header is null && found.Count == 0
                ? new BackupException($"{file} is no backup of Towpath, or is damaged at its beginning.", e)
                : Damaged(at, e.Message, e);
        }

        return Compare();
    }

    private async Task TakeAsync(TarEntry entry, CancellationToken cancel)
    {
        if (manifest is not null)
            throw Damaged(entry.Name, "it comes after the end");
        at = entry.Name;
        if (header is null)
        {
            header = entry.Name == BackupHeader.Name ? Document<BackupHeader>(await BytesAsync(entry, cancel))
                : throw new BackupException($"{file} is no backup of Towpath.");
            if (header.Format > BackupHeader.Current)
            {
                throw new BackupException(
                    $"{file} was made by Towpath {header.Towpath}, which is newer than this one: restore it with that version, or a newer one.");
            }

            return;
        }

        if (BackupManifest.IsName(entry.Name))
        {
            var bytes = await BytesAsync(entry, cancel);
            manifest = entry.Name == BackupManifest.NameOf(bytes) ? Document<BackupManifest>(bytes)
                : throw Damaged(entry.Name, "its bytes are not those that its name says");
            return;
        }

        if (entry.EntryType is not TarEntryType.RegularFile || !BackupPlaces.IsMember(entry.Name) || found.Count >= MembersAtMost)
            throw Damaged(entry.Name, "no backup has such a member");
        await using var target = open?.Invoke(entry.Name) ?? Stream.Null;
        await using var content = new HashedContent(entry.DataStream ?? Stream.Null, entry.Length);
        await content.CopyToAsync(target, cancel);
        if (!found.TryAdd(entry.Name, new BackupMember(entry.Name, entry.Length, content.End())))
            throw Damaged(entry.Name, "it is there twice");
    }

    private BackupSummary Compare()
    {
        if (header is null || manifest is null)
            throw new BackupException($"The backup {file} is cut off after '{at}': use another one.");
        if (manifest.Header != header)
            throw Damaged(BackupHeader.Name, "its bytes are not those that were written");
        foreach (var member in manifest.Members)
        {
            if (!found.Remove(member.Name, out var read))
                throw Damaged(member.Name, "it is missing");
            if (read != member)
                throw Damaged(member.Name, "its bytes are not those that were written");
        }

        return found.Keys.FirstOrDefault() is { } stranger
            ? throw Damaged(stranger, "nobody put it there")
            : new BackupSummary(header, manifest.Members.Count, manifest.Members.Sum(member => member.Size), manifest.Gaps);
    }

    private static async Task<byte[]> BytesAsync(TarEntry entry, CancellationToken cancel)
    {
        if (entry.DataStream is not { } content || entry.Length > DocumentAtMost)
            throw new InvalidDataException("it is empty or too large");
        var bytes = new byte[entry.Length];
        await content.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }

    private static T Document<T>(byte[] bytes) => JsonSerializer.Deserialize<T>(bytes, CoreJson.Options) ?? throw new JsonException("null");

    private BackupException Damaged(string member, string how, Exception? cause = null)
    {
        var sentence = $"The backup {file} is damaged in '{member}' ({how.TrimEnd('.')}): nothing was restored; use another one.";
        return cause is null ? new(sentence) : new(sentence, cause);
    }
}
