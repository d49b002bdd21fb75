using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines.Language;

/// <summary>Where in the file a value stands, in words: <c>'retry' in job 'test'</c>.</summary>
/// <param name="What">The value itself; empty for the root.</param>
/// <param name="Around">What it stands in, as <see cref="Inside"/> puts it.</param>
/// <param name="At">The place to point at when the value has none of its own: that of its name.</param>
internal sealed record Place(string What, string Around, Mark At)
{
    /// <summary>Follows what stands in this: <c> in job 'test'</c>.</summary>
    public string Inside => What.Length == 0 ? "" : $" in {What}";

    /// <summary>Begins a sentence.</summary>
    public string Subject => What.Length == 0 ? "the file" : What;

    public Place Key(YamlScalar key) => new($"{key.Kind}{Inside}", Inside, key.At);

    public Place Item(int index, Mark at) => new($"item {index + 1} of {What}", Inside, at);

    /// <summary>
    /// An entry that the author named is known by its name; the key above it adds nothing:
    /// <c>variable 'A' in job 'test'</c>.
    /// </summary>
    public Place Named(string noun, YamlScalar name) => new($"{noun} {name.Kind}{Around}", Around, name.At);
}
