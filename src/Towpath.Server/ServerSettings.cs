using System.Net;
using Towpath.Engine.Retention;

namespace Towpath.Server;

/// <param name="Data">The data folder; made when it is missing.</param>
/// <param name="Listen">Where git, the API and the pages answer. Port 0: any free one.</param>
public sealed record ServerSettings(string Data, IPEndPoint Listen)
{
    /// <summary>What is kept of old runs.</summary>
    public RetentionRules Retention { get; init; } = new();

    /// <summary>Bytes of the disk that stay free: with less, nothing new is taken. Null: 64 MiB, on a small disk a hundredth of it.</summary>
    public long? LeastFree { get; init; }

    public string JournalFolder => Path.Combine(Data, "server");

    /// <summary>Secrets, encrypted, and the keys to them.</summary>
    public string SecretsFolder => Path.Combine(Data, "server");

    public string LogsFolder => Path.Combine(Data, "server", "logs");

    public string TokenFile => Path.Combine(Data, "server", "token");

    /// <summary>Where the agent of this machine connects; only the owner can.</summary>
    public string AgentSocket => Path.Combine(Data, "server", "agent.sock");

    public string RepositoriesFolder => Path.Combine(Data, "git");

    public string StoreFolder => Path.Combine(Data, "store");

    /// <summary>Tells clients on this machine where the server is and how to be let in.</summary>
    public string EndpointFile => Path.Combine(Data, "endpoint.json");
}
