using YamlDotNet.Core;

namespace Towpath.Core.Pipelines.Yaml;

/// <summary>What the YAML library says, with what to do about it.</summary>
internal static class YamlAdvice
{
    private static readonly (string Heard, string Advice)[] Known =
    [
        ("tab", "indent with spaces, YAML allows no tabs there"),
        ("invalid mapping", "put a value that contains ': ' in quotes, and check the indentation"),
        ("could not find expected ':'", "write 'key: value', with a space after the colon"),
        ("unexpected end of stream", "close the quote that is opened here"),
        ("cannot start any token", "put a value that begins with '@', '`' or '%' in quotes"),
        ("expected '-'", "check the indentation: a list goes on with '- ', a map cannot follow on the same level"),
        ("expected key", "check the indentation: the keys of a map begin in the same column"),
        ("expected ','", "close the '[' or '{', and put a ',' between the items"),
        ("node content", "close the '[' or '{', or write the value that is missing"),
        ("unknown escape", "write the backslash twice, or use single quotes"),
        ("surrogate", "write the character itself in place of the escape"),
    ];

    public static string Message(YamlException exception)
    {
        var heard = exception.Message.TrimEnd('.').Replace("  ", " ", StringComparison.Ordinal);
        var advice = Known.FirstOrDefault(known => heard.Contains(known.Heard, StringComparison.OrdinalIgnoreCase)).Advice
            ?? "check the indentation and the quotes near here";
        return $"this is not valid YAML ({LowerFirst(heard)}): {advice}";
    }

    /// <summary>The library points at the file's start for a tab and for what is not closed; a person wants the line to change.</summary>
    /// <param name="last">Up to where all was well.</param>
    public static Mark Place(YamlException exception, Mark last, string text)
    {
        var lines = text.Split('\n');
        if (exception.Message.Contains("tab", StringComparison.Ordinal) && FirstTab(lines, from: (int)exception.Start.Line - 1) is { } tab)
            return tab;
        var start = exception.Start;
        var pointsNowhere = start is { Line: <= 1, Column: <= 1 } || start.Line > lines.Length || lines[(int)start.Line - 1].Length == 0;
        return pointsNowhere ? last : new((int)start.Line, (int)start.Column);
    }

    private static Mark? FirstTab(string[] lines, int from)
    {
        for (var index = Math.Max(0, from); index < lines.Length; index++)
        {
            var indentation = lines[index].Length - lines[index].TrimStart(' ', '\t').Length;
            var tab = lines[index].IndexOf('\t', StringComparison.Ordinal);
            if (tab >= 0 && tab < indentation)
                return new(index + 1, tab + 1);
        }

        return null;
    }

    private static string LowerFirst(string text) => text.Length > 0 ? char.ToLowerInvariant(text[0]) + text[1..] : text;
}
