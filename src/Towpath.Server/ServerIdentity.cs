namespace Towpath.Server;

/// <summary>Where this server is reached, and what proves that somebody may use it.</summary>
/// <param name="url">As people and git are told it: <c>http://127.0.0.1:7070</c>, without a path.</param>
/// <param name="token">At least 128 bits of randomness as text. Kept over restarts; a new one ends every session.</param>
public sealed class ServerIdentity(string url, string token)
{
    /// <summary>Set again once the port is known, when the server was told to listen on any free one.</summary>
    public string Url { get; set; } = url;

    public string Token { get; } = token;

    /// <summary>The address of a page: <c>Page("shop", "runs", "7")</c>.</summary>
    public string Page(params ReadOnlySpan<string> path) => $"{Url.TrimEnd('/')}/{string.Join('/', path)}";
}
