using Towpath.Local;

namespace Towpath.Client;

/// <summary>How this command finds its server; looked up anew for each client, as a restarted server may be somewhere else.</summary>
/// <param name="known">The server to ask when nothing in the folder says otherwise; null: look at TOWPATH_URL too.</param>
internal sealed class ServerConnection(string data, Endpoint? known = null)
{
    private bool isChosen;

    /// <param name="given">Of <c>--data</c>: what was typed goes before what the environment says. Null: nothing was.</param>
    public static ServerConnection Of(string? given) => new(DataFolder.Resolve(given)) { isChosen = !string.IsNullOrEmpty(given) };

    /// <summary>The server is named by its address, and its data folder may be anywhere.</summary>
    public bool IsRemote => known is null && !isChosen && Environment.GetEnvironmentVariable("TOWPATH_URL") is { Length: > 0 };

    public ServerClient Open() => new(Find());

    /// <exception cref="ExitException">Nothing says where a server is.</exception>
    public Endpoint Find()
    {
        if (known is not null)
            return Endpoint.Read(data) ?? known;
        if (IsRemote)
            return new Endpoint(Valid(Environment.GetEnvironmentVariable("TOWPATH_URL")!), Environment.GetEnvironmentVariable("TOWPATH_TOKEN") ?? "", 0);
        return Endpoint.Read(data)
            ?? throw ExitException.Refused($"Towpath is not up in {data}: start it with 'towpath up', or name another folder with --data.");
    }

    private static string Valid(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? url
            : throw ExitException.Usage($"TOWPATH_URL is '{url}', which is no address like http://127.0.0.1:7070.");
}
