using System.Buffers;
using System.Security.Cryptography;
using Towpath.Core.Packages;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Packages;

/// <summary>
/// Bytes under their SHA-256, as an OCI image layout on disk. What is put is there whole or not at all, also after a
/// power cut; what is read is verified. Any number of readers and writers at once.
/// </summary>
public sealed class PackageStore
{
    private const int SmallBlob = 1 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string blobs;
    private readonly string uploads;
    private readonly BlobRemoval removal;

    private PackageStore(string folder)
    {
        Folder = folder;
        blobs = Path.Combine(folder, "blobs", "sha256");
        uploads = Path.Combine(folder, "uploads");
        Index = new PackageIndex(folder);
        removal = new BlobRemoval(blobs);
    }

    public string Folder { get; }

    /// <summary>The packages by name; what tools for OCI layouts see.</summary>
    public PackageIndex Index { get; }

    /// <summary>Creates the layout where it is missing and removes what uploads left that a crash cut off. One process at a time.</summary>
    public static PackageStore Open(string folder)
    {
        var store = new PackageStore(Path.GetFullPath(folder));
        Directory.CreateDirectory(store.Folder, OwnerOnly);
        Directory.CreateDirectory(store.blobs);
        if (Directory.Exists(store.uploads))
            Directory.Delete(store.uploads, recursive: true);
        Directory.CreateDirectory(store.uploads);
        store.Index.Create();
        return store;
    }

    /// <summary>Stores bytes; they are on disk when it returns. Storing them again replaces them, which mends a damaged copy.</summary>
    /// <param name="expected">What the sender says they are; null: whatever they are.</param>
    /// <param name="limit">In bytes.</param>
    /// <exception cref="PackageException">They are not what was expected, or too many. Nothing was stored.</exception>
    /// <exception cref="IOException">The disk is full or broken, or the sender went away. Nothing was stored.</exception>
    public async Task<Digest> PutBlobAsync(Stream content, Digest? expected, long limit, CancellationToken cancel)
    {
        var (digest, _) = await PutAsync(target => CopyAsync(content, target, limit, cancel), expected);
        return digest;
    }

    /// <summary>Whether there is such a blob; not whether it is whole.</summary>
    public bool Contains(Digest digest) => File.Exists(PathOf(digest));

    /// <summary>In bytes.</summary>
    /// <exception cref="PackageException">It is not in the store.</exception>
    public long SizeOf(Digest digest) => new FileInfo(PathOf(digest)) is { Exists: true } file ? file.Length : throw Missing(digest);

    /// <summary>
    /// Gives the bytes, verified: small ones before the first is handed out, larger ones (over 1 MiB) on the way, so that the read
    /// that would complete a wrong content throws <see cref="DamagedPackageException"/>. Use nothing of it before its end was read.
    /// </summary>
    /// <exception cref="PackageException">It is not in the store.</exception>
    /// <exception cref="DamagedPackageException">The bytes are not what the digest names.</exception>
    public Stream OpenVerified(Digest digest)
    {
        var file = OpenBlob(digest);
        if (file.Length > SmallBlob)
            return new VerifyingStream(file, digest);
        using (file)
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return Digest.Of(SHA256.HashData(bytes)) == digest
                ? new MemoryStream(bytes, writable: false)
                : throw new DamagedPackageException(digest);
        }
    }

    /// <summary>Reads the whole and returns when it is what the digest says.</summary>
    /// <exception cref="PackageException">It is not in the store.</exception>
    /// <exception cref="DamagedPackageException">The bytes are not what the digest names.</exception>
    public async Task VerifyAsync(Digest digest, CancellationToken cancel)
    {
        await using var file = OpenBlob(digest);
        if (Digest.Of(await SHA256.HashDataAsync(file, cancel)) != digest)
            throw new DamagedPackageException(digest);
    }

    /// <summary>Copies a blob to a file, which is whole and verified, or not there.</summary>
    /// <exception cref="PackageException">It is not in the store.</exception>
    /// <exception cref="DamagedPackageException">The bytes are not what the digest names.</exception>
    public async Task CopyToFileAsync(Digest digest, string path, CancellationToken cancel)
    {
        var temporary = path + ".new";
        try
        {
            await using (var source = OpenVerified(digest))
            await using (var target = Create(temporary))
            {
                await source.CopyToAsync(target, cancel);
                target.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>No blob goes away until this is disposed.</summary>
    public IDisposable KeepBlobs() => removal.Hold();

    /// <summary>Removes what is not kept and was stored before a moment: the names first, then what they stood for.</summary>
    /// <param name="dryRun">Only count.</param>
    /// <returns>Blobs and bytes that went, and whether some did not because they are held.</returns>
    /// <exception cref="IOException">Something cannot be removed.</exception>
    public (int Count, long Bytes, bool IsHeld) Collect(Func<Digest, bool> isKept, DateTimeOffset storedBefore, bool dryRun)
    {
        var old = removal.List().Where(blob => blob.Stored < storedBefore && Digest.TryParse("sha256:" + blob.Hex, out var digest)
            && digest != OciDescriptor.Empty.Digest && !isKept(digest)).ToList();
        if (!dryRun && removal.IsHeld)
            return (0, 0, true);
        var gone = old.Select(blob => blob.Hex).ToHashSet(StringComparer.Ordinal);
        if (!dryRun && gone.Count > 0)
            Index.Remove(digest => gone.Contains(digest.Hex));
        var removed = old.Where(blob => dryRun || removal.TryRemove(blob.Hex, storedBefore)).ToList();
        if (!dryRun && removed.Count > 0)
            DurableFile.SyncFolder(blobs);
        return (removed.Count, removed.Sum(blob => blob.Size), false);
    }

    /// <summary>A name for a temporary file in the store's file system; gone at the next start.</summary>
    internal string NewFile() => Path.Combine(uploads, Guid.NewGuid().ToString("N"));

    /// <summary>Where the blob's bytes lie, not verified.</summary>
    internal string PathOf(Digest digest) => Path.Combine(blobs, digest.Hex);

    /// <summary>As <see cref="PutBlobAsync"/>, of what <paramref name="write"/> writes; answers its size in bytes as well.</summary>
    internal async Task<(Digest Digest, long Size)> PutAsync(Func<Stream, Task> write, Digest? expected)
    {
        var temporary = NewFile();
        try
        {
            Digest digest;
            long size;
            await using (var file = Create(temporary))
            await using (var hashing = new HashingStream(file, leaveOpen: true))
            {
                await write(hashing);
                digest = Digest.Of(hashing.Sha256);
                if (expected is { } wanted && wanted != digest)
                    throw new PackageException($"The bytes are {digest.Short} and not {wanted.Short} as announced; send them again.");
                file.Flush(flushToDisk: true);
                size = file.Length;
            }

            Failpoint.Cross("blob.written");
            removal.Put(temporary, PathOf(digest));
            DurableFile.SyncFolder(blobs);
            Failpoint.Cross("blob.named");
            return (digest, size);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static async Task CopyAsync(Stream content, Stream target, long limit, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            for (var total = 0L; await content.ReadAsync(buffer, cancel) is var read and > 0;)
            {
                if ((total += read) > limit)
                    throw new PackageException($"More than {limit:N0} bytes were sent, which is the limit; leave out what is not needed.");
                await target.WriteAsync(buffer.AsMemory(0, read), cancel);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        BufferSize = 128 << 10,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    internal static PackageException Missing(Digest digest) => new($"The store does not have {digest}; it was removed or never arrived.");

    private FileStream OpenBlob(Digest digest)
    {
        try
        {
            return new FileStream(PathOf(digest), new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (FileNotFoundException e)
        {
            throw new PackageException(Missing(digest).Message, e);
        }
    }
}
