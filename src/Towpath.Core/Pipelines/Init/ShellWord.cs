namespace Towpath.Core.Pipelines.Init;

internal static class ShellWord
{
    /// <summary>One word for sh, whatever the name holds.</summary>
    public static string Of(string text) =>
        text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '/' or '_' or '-' or '+' or '=' or '@')
            ? text
            : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
