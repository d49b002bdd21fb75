using System.Diagnostics;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Towpath.Core.Pipelines.Yaml;

/// <summary>
/// Text to a tree, from the parser's events and within limits. What YAML can do and a pipeline file never needs (tags, merge
/// keys, several documents, keys that are not text) is refused here, so that no later step has to think of it.
/// </summary>
internal sealed class YamlTree
{
    private const int MaxDepth = 64;
    private const int MaxNodes = 10_000;

    private readonly IParser parser;
    private readonly Findings findings;
    private readonly SortedDictionary<string, Anchored> anchors = new(StringComparer.Ordinal);
    private readonly SortedSet<string> open = new(StringComparer.Ordinal);
    private int nodes;
    private Mark last = new(1, 1);

    private YamlTree(IParser parser, Findings findings) => (this.parser, this.findings) = (parser, findings);

    /// <summary>Null when there is no tree; then something was reported.</summary>
    public static YamlNode? Read(string text, Findings findings)
    {
        if (UnreadableText(text) is { } forbidden)
        {
            findings.Report(forbidden.At, forbidden.Message);
            return null;
        }

#pragma warning disable RS0030 // The parser takes text only through a reader; this one reads a string.
        var tree = new YamlTree(new Parser(new System.IO.StringReader(text)), findings);
#pragma warning restore RS0030
        try
        {
            return tree.Document();
        }
        catch (Unreadable reason)
        {
            findings.Report(reason.At, reason.Message);
        }
        catch (YamlException exception)
        {
            findings.Report(YamlAdvice.Place(exception, tree.last, text), YamlAdvice.Message(exception));
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException)
        {
            // The library's way to say that a bracket is not closed, or that an escape names no character.
            findings.Report(
                tree.last,
                "this is not valid YAML: near here, close every '[' and '{', and use no escape that names no character");
        }

        return null;
    }

    private static (Mark At, string Message)? UnreadableText(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > PipelineFile.MaxBytes)
            return (new(1, 1), $"the file is larger than {PipelineFile.MaxBytes / 1024 / 1024} MiB: move what is long into scripts");
        var line = 1;
        var start = 0;
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '\n')
                (line, start) = (line + 1, index + 1);
            else if (IsForbidden(text, index))
            {
                var message = $"a control character (U+{(int)text[index]:X4}) stands here: save the file as UTF-8 text without it";
                return (new(line, index - start + 1), message);
            }
        }

        return null;
    }

    /// <summary>Among them those that YAML takes for an end of line and editors do not: line numbers would differ.</summary>
    private static bool IsForbidden(string text, int index) => text[index] switch
    {
        '\t' => false,
        '\r' => index + 1 == text.Length || text[index + 1] != '\n',
        '\u2028' or '\u2029' => true,
        var other => char.IsControl(other),
    };

    private YamlNode? Document()
    {
        parser.MoveNext();
        parser.MoveNext();
        if (parser.Current is StreamEnd)
        {
            findings.Report(new(1, 1), "the file is empty: `towpath init` writes one to begin with");
            return null;
        }

        parser.MoveNext();
        var root = Node(depth: 1);
        if (parser.MoveNext() && parser.Current is DocumentStart second)
            findings.Report(ToMark(second.Start), "a second document begins here: keep one document in the file and take the '---' out");
        return root;
    }

    /// <summary>Reads the node that the parser stands on and leaves the parser on the event after it.</summary>
    private YamlNode Node(int depth)
    {
        var current = parser.Current!;
        var at = ToMark(current.Start);
        last = ToMark(current.End);
        if (depth > MaxDepth)
            throw new Unreadable(at, $"lists and maps lie more than {MaxDepth} deep here: a pipeline file never needs that");
        Count(1, at);
        if (current is AnchorAlias alias)
            return Aliased(alias, at);

        // The library gives a key without a value, or the other way around, for a few kinds of misplaced ':'.
        if (current is not NodeEvent start)
            throw new Unreadable(
                at,
                "this is not valid YAML: write 'key: value' near here, and put a key or value that begins with ':' in quotes");
        if (!start.Tag.IsEmpty)
            findings.Report(
                at,
                "tags such as '!!str' are not used in a pipeline file: take it out, and quote the text where it must stay text");
        var anchor = start.Anchor.IsEmpty ? null : start.Anchor.Value;
        if (anchor is not null)
            open.Add(anchor);
        var before = nodes;
        YamlNode node = start switch
        {
            Scalar scalar => Text(scalar, at),
            SequenceStart => List(at, depth),
            MappingStart => Map(at, depth),
            _ => throw new UnreachableException(),
        };
        if (anchor is not null)
        {
            open.Remove(anchor);
            anchors[anchor] = new(node, nodes - before + 1);
        }

        return node;
    }

    private YamlScalar Text(Scalar scalar, Mark at)
    {
        parser.MoveNext();
        return new(at, scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private YamlNode Aliased(AnchorAlias alias, Mark at)
    {
        parser.MoveNext();
        if (open.Contains(alias.Value.Value))
            throw new Unreadable(at, $"'*{alias.Value}' stands inside of what it repeats: write it out");
        if (!anchors.TryGetValue(alias.Value.Value, out var anchored))
        {
            findings.Report(
                at,
                $"'*{alias.Value}' repeats something that is not there: put '&{alias.Value}' before it, earlier in the file, or quote "
                    + "the text");
            return new Unsound(at);
        }

        Count(anchored.Nodes, at);
        return anchored.Node;
    }

    private YamlList List(Mark at, int depth)
    {
        var items = new List<YamlNode>();
        parser.MoveNext();
        while (parser.Current is not SequenceEnd)
            items.Add(Node(depth + 1));
        parser.MoveNext();
        return new(at, items);
    }

    private YamlMap Map(Mark at, int depth)
    {
        var entries = new List<YamlEntry>();
        var lines = new SortedDictionary<string, int>(StringComparer.Ordinal);
        parser.MoveNext();
        while (parser.Current is not MappingEnd)
        {
            var key = Node(depth + 1);
            var value = Node(depth + 1);
            if (key is not YamlScalar name)
                findings.Report(key.At, "a key must be a word, not a list or a map");
            else if (name is { Plain: true, Text: "<<" })
                findings.Report(
                    key.At,
                    "merge keys ('<<') are not supported: repeat the values, or name all of them once with '&' and '*'");
            else if (!lines.TryAdd(name.Text, key.At.Line))
                findings.Report(key.At, $"'{name.Text}' is here twice, first in line {lines[name.Text]}: take one of them out");
            else
                entries.Add(new(name, value));
        }

        parser.MoveNext();
        // The parser gives a map that is written without braces inside of a list no place of its own.
        return new(entries.Count > 0 && at == new Mark(1, 1) ? entries[0].Key.At : at, entries);
    }

    private void Count(int more, Mark at)
    {
        nodes += more;
        if (nodes > MaxNodes)
            throw new Unreadable(
                at,
                $"the file has more than {MaxNodes} values, those that '*' repeats included: write less, or move work into scripts");
    }

    private static Mark ToMark(YamlDotNet.Core.Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private sealed record Anchored(YamlNode Node, int Nodes);

    /// <summary>Ends the reading from within; never leaves this class.</summary>
    private sealed class Unreadable(Mark at, string message) : Exception(message)
    {
        public Mark At => at;
    }
}
