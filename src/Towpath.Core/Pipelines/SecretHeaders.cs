namespace Towpath.Core.Pipelines;

/// <summary>Headers of a question to a program elsewhere. Their values may name secrets of the environment: <c>Bearer {{secrets.CHANGE_TOKEN}}</c>.</summary>
public static class SecretHeaders
{
    public const string Prefix = "secrets.";

    /// <summary>The secrets that they name, each once.</summary>
    public static ValueList<string> SecretsIn(OrdinalMap<string> headers) =>
        [.. headers.Values.SelectMany(Placeholders.In).Where(IsSecret).Select(NameOf).Distinct()];

    /// <summary>The headers as they are sent; or the first secret without a value that fits in a header, which is one line of visible ASCII.</summary>
    public static (OrdinalMap<string> Headers, string? Missing) Fill(OrdinalMap<string> headers, IReadOnlyDictionary<string, string> secrets)
    {
        string? missing = null;
        var filled = OrdinalMap<string>.From(headers.Select(header => KeyValuePair.Create(header.Key, Placeholders.Fill(header.Value, Value))));
        return (filled, missing);

        string? Value(string placeholder)
        {
            if (!IsSecret(placeholder))
                return null;
            // A value that comes from a file often ends its line.
            if (secrets.TryGetValue(NameOf(placeholder), out var value) && value.Trim() is { Length: > 0 } line && line.All(c => c is >= ' ' and <= '~'))
                return line;
            missing ??= NameOf(placeholder);
            return null;
        }
    }

    internal static bool IsSecret(string placeholder) => placeholder.StartsWith(Prefix, StringComparison.Ordinal);

    internal static string NameOf(string placeholder) => placeholder[Prefix.Length..];
}
