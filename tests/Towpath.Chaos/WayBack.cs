namespace Towpath.Chaos;

/// <summary>One way in which a deployment goes back, and who is killed at that moment.</summary>
/// <param name="Trigger">health, crash, verify, verdict, deadline, rollback or cancel.</param>
/// <param name="Phase">How far the deployment has come: starting, checking, step, paused or live.</param>
/// <param name="Killed">server or agent; null: nobody.</param>
/// <param name="End">What the deployment has to end as.</param>
internal sealed record WayBack(string Trigger, string Phase, string? Killed, string End)
{
    /// <summary>
    /// A sample of what tests/Towpath.Tests/Core/Environments/EveryWayBackTests asks of the machine alone, in every combination.
    /// </summary>
    public static IReadOnlyList<WayBack> All { get; } =
    [
        new("health", "checking", "server", "failed"),
        new("verify", "checking", "agent", "failed"),
        new("crash", "step", null, "rolled-back"),
        new("crash", "step", "agent", "rolled-back"),
        new("crash", "step", "server", "rolled-back"),
        new("verdict", "step", "server", "rolled-back"),
        new("deadline", "step", "server", "rolled-back"),
        new("rollback", "step", "server", "rolled-back"),
        new("rollback", "paused", "agent", "rolled-back"),
        new("rollback", "live", "server", "live"),
        new("cancel", "starting", "server", "canceled"),
        new("cancel", "step", "agent", "canceled"),
    ];

    public bool IsByHand => Trigger is "rollback" or "cancel";

    public override string ToString() => $"{Trigger}, {Phase}, {(Killed is null ? "nobody" : $"the {Killed}")} killed";
}
