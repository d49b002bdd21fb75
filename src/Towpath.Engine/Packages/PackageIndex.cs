using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Packages;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Packages;

/// <summary>The layout's index.json: names such as <c>shop:run-7</c> to manifests. For tools; Towpath itself goes by digests.</summary>
public sealed class PackageIndex
{
    private readonly System.Threading.Lock gate = new();
    private readonly string folder;
    private readonly string path;

    internal PackageIndex(string folder)
    {
        this.folder = folder;
        path = Path.Combine(folder, "index.json");
    }

    /// <summary>What a name stands for; null when it is not there.</summary>
    /// <exception cref="PackageException">The index is damaged.</exception>
    public Digest? Find(string name)
    {
        lock (gate)
            return Read().Manifests.FirstOrDefault(entry => NameOf(entry) == name)?.Digest;
    }

    /// <summary>Names a manifest, which must be stored; a name that is there already moves to it.</summary>
    /// <param name="size">Of the manifest, in bytes.</param>
    /// <exception cref="PackageException">The index is damaged.</exception>
    public void Add(string name, Digest manifest, long size)
    {
        lock (gate)
        {
            var index = Read();
            var entry = new OciDescriptor(
                OciManifest.Type, manifest, size, OciManifest.PackageType, OrdinalMap<string>.Empty.With(OciDescriptor.RefName, name));
            if (index.Manifests.Contains(entry))
                return;
            Write(index with { Manifests = [.. index.Manifests.Where(other => NameOf(other) != name), entry] });
        }
    }

    /// <summary>The index as it would be with only these manifests.</summary>
    internal byte[] Only(Func<Digest, bool> isKept)
    {
        lock (gate)
            return Bytes(Reduced(Read(), isKept));
    }

    /// <summary>Takes away the names of manifests.</summary>
    /// <exception cref="PackageException">The index is damaged.</exception>
    public void Remove(Func<Digest, bool> isGone)
    {
        lock (gate)
        {
            var index = Read();
            var rest = Reduced(index, digest => !isGone(digest));
            if (rest.Manifests.Count < index.Manifests.Count)
                Write(rest);
        }
    }

    internal void Create()
    {
        if (!File.Exists(Path.Combine(folder, "oci-layout")))
            DurableFile.Write(Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}"""u8);
        if (!File.Exists(path))
            Write(OciIndex.Empty);
    }

    private static OciIndex Reduced(OciIndex index, Func<Digest, bool> isKept) =>
        index with { Manifests = index.Manifests.Where(entry => isKept(entry.Digest)).ToValueList() };

    private static byte[] Bytes(OciIndex index) => JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Options);

    private static string? NameOf(OciDescriptor entry) => entry.Annotations?.Find(OciDescriptor.RefName);

    private OciIndex Read()
    {
        try
        {
            return JsonSerializer.Deserialize<OciIndex>(File.ReadAllBytes(path), OciJson.Options)
                ?? throw new PackageException($"The store's index {path} is empty; restore a backup.");
        }
        catch (JsonException e)
        {
            throw new PackageException($"The store's index {path} is damaged; restore a backup.", e);
        }
    }

    private void Write(OciIndex index)
    {
        Failpoint.Cross("index.writing");
        DurableFile.Write(path, Bytes(index));
        Failpoint.Cross("index.written");
    }
}
