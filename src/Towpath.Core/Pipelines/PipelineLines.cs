using System.Globalization;
using Towpath.Core.Pipelines.Yaml;

namespace Towpath.Core.Pipelines;

/// <summary>Where in a pipeline file its parts stand, so that people can be shown the rule behind what they see.</summary>
public sealed class PipelineLines
{
    private readonly YamlNode? root;

    private PipelineLines(YamlNode? root) => this.root = root;

    /// <summary>Takes any text and never throws; of what is no YAML no line is known.</summary>
    public static PipelineLines Of(string text) => new(YamlTree.Read(text, new Findings(text)));

    /// <param name="path">
    /// Keys from the file's root, and places in lists from 0: <c>environments</c>, <c>production</c>, <c>gates</c>, <c>1</c>. What is
    /// written short, without its list, is the list's first.
    /// </param>
    /// <returns>The line, from 1, of the last part of the path that the file has; null when it has not even the first.</returns>
    public int? Of(params IReadOnlyList<string> path)
    {
        var (node, line) = (root, (int?)null);
        foreach (var part in path)
        {
            switch (node)
            {
                case YamlMap map when map.Entry(part) is { } entry:
                    (node, line) = (entry.Value, entry.Key.At.Line);
                    break;
                case YamlList list when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Items.Count:
                    (node, line) = (list.Items[index], list.Items[index].At.Line);
                    break;
                default:
                    return line;
            }
        }

        return line;
    }
}
