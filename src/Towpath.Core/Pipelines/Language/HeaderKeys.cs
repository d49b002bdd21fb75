namespace Towpath.Core.Pipelines.Language;

/// <summary>What a question to a program elsewhere brings with it, so that it is let in.</summary>
internal static class HeaderKeys
{
    private static readonly ValueList<string> OfTheRequest =
        ["accept", "connection", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"];

    private static TextShape Name { get; } = new("header", "made of letters, digits, '-' and '_'", "[A-Za-z0-9_-]+")
    {
        MaxLength = 256,
        Objection = text => OfTheRequest.Contains(text.ToLowerInvariant()) || text.StartsWith("content-", StringComparison.OrdinalIgnoreCase)
            ? "is set by Towpath itself: take it out"
            : null,
    };

    private static TextShape Value { get; } = new("text", "one line of visible ASCII characters, at most 2,000", "[ -~]+") { MaxLength = 2_000, LooksLikeOthers = true };

    public static Key Headers { get; } = new("headers", new NamedShape("header", Name, Value, Most: 10),
        "Headers to send, such as a token. `{{secrets.NAME}}` is filled in with a secret that stands in the environment's `secrets`.")
    {
        Example = "{ Authorization: \"Bearer {{secrets.CHANGE_TOKEN}}\" }",
        Elsewhere = ["header", "token", "auth", "authentication", "authorization"],
    };
}
