using System.Text.Json;
using Towpath.Core;

namespace Towpath.Local;

/// <summary>Where a server is and how it lets clients in: what it writes into its data folder.</summary>
/// <param name="Pid">Of the server; 0 when it is not known.</param>
internal sealed record Endpoint(string Url, string Token, int Pid)
{
    public static string FileIn(string data) => Path.Combine(data, "endpoint.json");

    /// <summary>Null when there is none, or none that can be read.</summary>
    public static Endpoint? Read(string data)
    {
        try
        {
            var read = JsonSerializer.Deserialize<Endpoint>(File.ReadAllBytes(FileIn(data)), CoreJson.Options);
            return read is { Url: not null, Token: not null } ? read : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
