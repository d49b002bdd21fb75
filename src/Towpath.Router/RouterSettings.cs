namespace Towpath.Router;

/// <param name="Folder">Holds router.sock and routes.json; created with mode 0700 when missing.</param>
public sealed record RouterSettings(string Folder)
{
    /// <summary>How long requests in flight may go on once the router was told to stop; then their connections are cut.</summary>
    public TimeSpan DrainAtStop { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// When a router already serves the folder: take its listening sockets and its place, without losing a connection,
    /// instead of being refused.
    /// </summary>
    public bool Replace { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal string ControlSocket => Path.Combine(Folder, "router.sock");

    internal string RouteFile => Path.Combine(Folder, "routes.json");

    internal string HandoverSocket => Path.Combine(Folder, "handover");

    internal string LockFile => Path.Combine(Folder, "router.lock");
}
