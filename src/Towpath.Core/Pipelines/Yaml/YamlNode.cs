namespace Towpath.Core.Pipelines.Yaml;

/// <summary>A YAML value with its place in the file. Text stays text: only the table of keys knows what should be a number.</summary>
internal abstract record YamlNode(Mark At)
{
    /// <summary>How a message names it.</summary>
    public abstract string Kind { get; }
}

/// <param name="Plain">Written without quotes and not as a block: only then can it be a number, a flag or nothing at all.</param>
internal sealed record YamlScalar(Mark At, string Text, bool Plain) : YamlNode(At)
{
    public bool IsNothing => Plain && Text is "" or "~" or "null";

    public override string Kind => IsNothing ? "nothing" : $"'{Shortened}'";

    private string Shortened
    {
        get
        {
            var line = Text.Split('\n')[0].TrimEnd('\r');
            return line.Length > 60 ? line[..60] + "…" : line.Length < Text.TrimEnd().Length ? line + "…" : line;
        }
    }
}

internal sealed record YamlList(Mark At, IReadOnlyList<YamlNode> Items) : YamlNode(At)
{
    public override string Kind => "a list";
}

internal sealed record YamlMap(Mark At, IReadOnlyList<YamlEntry> Entries) : YamlNode(At)
{
    public override string Kind => "a map";

    public YamlEntry? Entry(string key) => Entries.FirstOrDefault(entry => entry.Key.Text == key);

    /// <summary>Null when the key is absent, and when its value was reported already.</summary>
    public YamlNode? this[string key] => Entry(key)?.Value is { } value and not Unsound ? value : null;
}

internal sealed record YamlEntry(YamlScalar Key, YamlNode Value);

/// <summary>Stands where something was reported already, so that nothing is reported about it twice.</summary>
internal sealed record Unsound(Mark At) : YamlNode(At)
{
    public override string Kind => "something wrong";
}
