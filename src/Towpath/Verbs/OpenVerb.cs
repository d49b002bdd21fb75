using System.CommandLine;
using System.Text.Json;
using Towpath.Client;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class OpenVerb
{
    public static Command Create()
    {
        var command = new Command("open", "Makes a link that signs one browser in, once, within ten minutes");
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<JsonElement>(
            HttpMethod.Post, "sign-in-codes", null, link => Terminal.Line(Terminal.Text(link.GetProperty("url").GetString()))));
        return command;
    }

    /// <summary>The link as the server makes it.</summary>
    public static async Task<string> LinkAsync(ServerClient client, CancellationToken cancel) =>
        ServerClient.Read<JsonElement>(await client.PostAsync("sign-in-codes", null, cancel)).GetProperty("url").GetString()!;
}
