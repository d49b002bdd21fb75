using System.Text.Json;
using System.Text.Json.Serialization;
using Towpath.Core;
using Towpath.Core.Packages;

namespace Towpath.Engine.Packages;

/// <summary>A package's manifest, as the OCI image specification 1.1 has it. The order of members is the order in the bytes.</summary>
internal sealed record OciManifest(
    int SchemaVersion,
    string MediaType,
    string ArtifactType,
    OciDescriptor Config,
    ValueList<OciDescriptor> Layers,
    OrdinalMap<string> Annotations)
{
    public const string Type = "application/vnd.oci.image.manifest.v1+json";
    public const string PackageType = "application/vnd.towpath.package.v1";

    /// <summary>A package has two layers, each named by its title.</summary>
    public static OciManifest Of(OciDescriptor app, OciDescriptor deploy, string commit) => new(
        2,
        Type,
        PackageType,
        OciDescriptor.Empty,
        [app, deploy],
        OrdinalMap<string>.Empty.With("org.opencontainers.image.revision", commit));
}

/// <param name="Size">In bytes.</param>
internal sealed record OciDescriptor(
    string MediaType,
    Digest Digest,
    long Size,
    string? ArtifactType = null,
    OrdinalMap<string>? Annotations = null)
{
    public const string LayerType = "application/vnd.oci.image.layer.v1.tar";
    public const string Title = "org.opencontainers.image.title";
    public const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>What an artifact without configuration has: <c>{}</c>.</summary>
    public static OciDescriptor Empty { get; } = new(
        "application/vnd.oci.empty.v1+json", Digest.Parse("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"), 2);

    public static OciDescriptor Layer(string title, Digest digest, long size) =>
        new(LayerType, digest, size, Annotations: OrdinalMap<string>.Empty.With(Title, title));
}

/// <summary>The layout's table of contents.</summary>
internal sealed record OciIndex(int SchemaVersion, string MediaType, ValueList<OciDescriptor> Manifests)
{
    public static OciIndex Empty { get; } = new(2, "application/vnd.oci.image.index.v1+json", ValueList<OciDescriptor>.Empty);
}

internal static class OciJson
{
    /// <summary>Apart from Towpath's own JSON, because digests hang on every byte of it.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
