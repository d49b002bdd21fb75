using Towpath.Core.Packages;
using Towpath.Engine.Packages;
using Towpath.Protocol.Archives;

namespace Towpath.Tests.Engine.Packages;

public sealed class LayerListingTests : IDisposable
{
    private readonly TestFolder temp = new();
    private readonly PackageStore store;

    public LayerListingTests() => store = PackageStore.Open(temp.At("store"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Files_and_links_are_told_with_sizes_and_modes()
    {
        File.WriteAllText(temp.At("tree", "bin", "run"), "#!/bin/sh");
        File.SetUnixFileMode(temp.At("tree", "bin", "run"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllBytes(temp.At("tree", "large.bin"), new byte[3_000_000]);
        File.CreateSymbolicLink(temp.At("tree", "now"), "bin/run");
        var listing = await ReadAsync(await PutAsync());
        Assert.Equal([new("bin/run", 9, true, null), new("large.bin", 3_000_000, false, null), new("now", 0, false, "bin/run")], listing.Files);
        Assert.Equal((3, 3, true), (listing.Found, listing.Count, listing.IsWhole));
        Assert.Equal(["bin/run"], (await ReadAsync(await PutAsync(), "IN/R")).Files.Select(file => file.Path));
    }

    [Fact]
    public async Task Looking_ends_when_it_takes_too_long()
    {
        for (var number = 0; number < 20; number++)
            File.WriteAllText(temp.At("tree", $"{number}"), "x");
        var listing = await LayerListing.ReadAsync(store, await PutAsync(), "", new Slow(), Cancel);
        Assert.False(listing.IsWhole);
        Assert.InRange(listing.Count, 1, 19);
    }

    [Fact]
    public async Task What_is_missing_or_no_archive_is_said_in_a_sentence()
    {
        Assert.Contains("does not have", (await Assert.ThrowsAsync<PackageException>(() => ReadAsync(Digest.Of(new byte[32])))).Message);
        var damaged = await store.PutBlobAsync(new MemoryStream([.. Enumerable.Repeat((byte)'x', 2048)]), null, 1 << 20, Cancel);
        Assert.Contains("cannot be listed", (await Assert.ThrowsAsync<PackageException>(() => ReadAsync(damaged))).Message);
    }

    private Task<LayerListing> ReadAsync(Digest layer, string find = "") => LayerListing.ReadAsync(store, layer, find, TimeProvider.System, Cancel);

    private async Task<Digest> PutAsync()
    {
        var bytes = new MemoryStream();
        await TreeArchive.WriteAsync(temp.At("tree"), bytes, TreeArchiveLimits.Default, Cancel);
        bytes.Position = 0;
        return await store.PutBlobAsync(bytes, null, bytes.Length, Cancel);
    }

    /// <summary>A quarter of a second passes whenever somebody looks.</summary>
    private sealed class Slow : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => 4;

        public override long GetTimestamp() => now++;
    }
}
