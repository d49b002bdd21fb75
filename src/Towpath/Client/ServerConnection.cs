using Towpath.Local;

namespace Towpath.Client;

/// <summary>How this command finds its server; looked up anew for each client, as a restarted server may be somewhere else.</summary>
internal sealed class ServerConnection(string data)
{
    public ServerClient Open() => new(Find());

    /// <exception cref="ExitException">Nothing says where a server is.</exception>
    public Endpoint Find()
    {
        if (Environment.GetEnvironmentVariable("TOWPATH_URL") is { Length: > 0 } url)
            return new Endpoint(Valid(url), Environment.GetEnvironmentVariable("TOWPATH_TOKEN") ?? "", 0);
        return Endpoint.Read(data)
            ?? throw ExitException.Refused($"Towpath is not up in {data}: start it with 'towpath up', or name another folder with --data.");
    }

    private static string Valid(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? url
            : throw ExitException.Usage($"TOWPATH_URL is '{url}', which is no address like http://127.0.0.1:7070.");
}
