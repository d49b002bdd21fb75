using System.Security.Cryptography;
using Towpath.Core.Packages;
using Towpath.Engine.Packages;

namespace Towpath.Tests.Engine.Packages;

public sealed class PackageStoreTests : IDisposable
{
    private readonly TestFolder temp = new();
    private readonly PackageStore store;

    public PackageStoreTests() => store = PackageStore.Open(temp.At("store"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(3_000_001)]
    public async Task Bytes_come_back_by_their_digest(int size)
    {
        var bytes = Bytes(size);
        var digest = await store.PutBlobAsync(new MemoryStream(bytes), null, size, Cancel);
        Assert.Equal(Digest.Of(SHA256.HashData(bytes)), digest);
        Assert.Equal(bytes, await ReadAll(digest));
        Assert.Equal(size, store.SizeOf(digest));
        await store.VerifyAsync(digest, Cancel);
        await store.CopyToFileAsync(digest, temp.At("copy"), Cancel);
        Assert.Equal(bytes, File.ReadAllBytes(temp.At("copy")));
    }

    [Fact]
    public async Task Bytes_other_than_announced_are_refused_and_leave_nothing()
    {
        var announced = Digest.Of(SHA256.HashData(Bytes(3)));
        var error = await Assert.ThrowsAsync<PackageException>(
            () => store.PutBlobAsync(new MemoryStream(Bytes(4)), announced, 100, Cancel));
        Assert.Contains($"and not {announced.Short} as announced", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PackageException>(() => store.PutBlobAsync(new MemoryStream(Bytes(101)), null, 100, Cancel));
        Assert.Empty(Stored());
        Assert.False(store.Contains(announced));
        Assert.Throws<PackageException>(() => store.OpenVerified(announced));
    }

    [Fact]
    public async Task An_upload_that_is_cut_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => store.PutBlobAsync(new CutStream(Bytes(1_000_000)), null, long.MaxValue, Cancel));
        Assert.Empty(Stored());
    }

    [Fact]
    public void What_a_crash_left_is_gone_after_a_restart()
    {
        File.WriteAllText(temp.At("store", "uploads", "half"), "x");
        PackageStore.Open(temp.At("store"));
        Assert.Empty(Stored());
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3_000_000)]
    public async Task A_flipped_bit_is_never_handed_out_as_the_whole(int size)
    {
        var bytes = Bytes(size);
        var digest = await store.PutBlobAsync(new MemoryStream(bytes), null, size, Cancel);
        var path = temp.At("store", "blobs", "sha256", digest.Hex);
        foreach (var at in (int[])[0, size / 2, size - 1])
        {
            var wrong = (byte[])bytes.Clone();
            wrong[at] ^= 1;
            File.WriteAllBytes(path, wrong);
            await AssertDamaged(digest, size);
        }

        File.WriteAllBytes(path, bytes[..^1]);
        await AssertDamaged(digest, size);
        File.WriteAllBytes(path, [.. bytes, 1]);
        await AssertDamaged(digest, size + 1);

        // The same bytes sent again mend it.
        await store.PutBlobAsync(new MemoryStream(bytes), digest, size, Cancel);
        Assert.Equal(bytes, await ReadAll(digest));
    }

    [Fact]
    public async Task Many_may_put_the_same_bytes_at_once()
    {
        var bytes = Bytes(200_000);
        var digests = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(Put)));
        Assert.Single(digests.Distinct());
        Assert.Single(Stored());
        Assert.Equal(bytes, await ReadAll(digests[0]));

        Task<Digest> Put() => store.PutBlobAsync(new MemoryStream(bytes), null, bytes.Length, Cancel);
    }

    [Fact]
    public async Task The_folder_is_an_OCI_image_layout()
    {
        var digest = await store.PutBlobAsync(new MemoryStream("{}"u8.ToArray()), null, 100, Cancel);
        store.Index.Add("shop:run-1", digest, 2);
        store.Index.Add("shop:run-2", digest, 2);
        store.Index.Add("shop:run-1", digest, 2);
        Assert.Equal("""{"imageLayoutVersion":"1.0.0"}""", File.ReadAllText(temp.At("store", "oci-layout")));
        Assert.Equal(
            """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":["""
            + Descriptor("shop:run-1") + "," + Descriptor("shop:run-2") + "]}",
            File.ReadAllText(temp.At("store", "index.json")));
        Assert.Equal(digest, PackageStore.Open(temp.At("store")).Index.Find("shop:run-2"));
        Assert.Null(store.Index.Find("shop:run-3"));

        string Descriptor(string name) => $$$"""
            {"mediaType":"application/vnd.oci.image.manifest.v1+json",
            "digest":"{{{digest}}}","size":2,
            "artifactType":"application/vnd.towpath.package.v1",
            "annotations":{"org.opencontainers.image.ref.name":"{{{name}}}"}}
            """.ReplaceLineEndings("");
    }

    private static byte[] Bytes(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)(i * 7 % 251))];

    private string[] Stored() =>
        [.. Directory.GetFiles(temp.At("store", "blobs", "sha256")), .. Directory.GetFiles(temp.At("store", "uploads"))];

    private async Task AssertDamaged(Digest digest, int size)
    {
        var given = 0;
        var error = await Assert.ThrowsAsync<DamagedPackageException>(async () =>
        {
            await using var stream = store.OpenVerified(digest);
            var buffer = new byte[70_000];
            while (await stream.ReadAsync(buffer, Cancel) is var read and > 0)
                given += read;
        });
        Assert.Equal(digest, error.Digest);
        Assert.True(given < size);
        await Assert.ThrowsAsync<DamagedPackageException>(() => store.VerifyAsync(digest, Cancel));
        await Assert.ThrowsAsync<DamagedPackageException>(() => store.CopyToFileAsync(digest, temp.At("never"), Cancel));
        Assert.Empty(Directory.GetFiles(temp.Path));
    }

    private async Task<byte[]> ReadAll(Digest digest)
    {
        await using var stream = store.OpenVerified(digest);
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Cancel);
        return bytes.ToArray();
    }

    private sealed class CutStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position > 500_000 ? throw new IOException("The connection was lost.") : base.ReadAsync(buffer, cancellationToken);
    }
}
