using Towpath.Agent.Apps;

namespace Towpath.Local;

/// <summary>Ends everything of a data folder, in an order in which nothing starts again what was ended.</summary>
internal static class Shutdown
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    /// <summary>Longer than two processes' grace: it ends them itself.</summary>
    private static readonly TimeSpan SupervisorGrace = TimeSpan.FromSeconds(40);

    /// <returns>False when nothing ran.</returns>
    public static async Task<bool> RunAsync(string data)
    {
        if (!Directory.Exists(data))
            return false;
        var ended = await EndAsync(data, "up", SupervisorGrace);
        return await EndPartsAsync(data) || ended;
    }

    /// <summary>Everything but the one that supervises.</summary>
    public static async Task<bool> EndPartsAsync(string data)
    {
        var ended = await EndAsync(data, "agent", Grace);
        ended |= await EndAsync(data, "server", Grace);
        if (Directory.Exists(Path.Combine(data, "agent", "apps")))
            ended |= await AppHost.EndAllAsync(data);
        ended |= await EndAsync(data, "router", Grace);
        // The token stays with the server's keys; a client that finds no endpoint says that Towpath is not up.
        File.Delete(Endpoint.FileIn(data));
        return ended;
    }

    private static async Task<bool> EndAsync(string data, string name, TimeSpan grace)
    {
        if (Slot.Holder(data, name) is not { } process)
            return false;
        await Signal.EndAsync(process, grace);
        return true;
    }
}
