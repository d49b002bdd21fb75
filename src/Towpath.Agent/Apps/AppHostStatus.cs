using Towpath.Core;

namespace Towpath.Agent.Apps;

/// <summary>One environment as it stands on this machine.</summary>
/// <param name="RolledBackLocallyAt">When a person went back on this machine, without the server; null: never.</param>
public sealed record HostedEnvironmentStatus(
    string Project, string Environment, ValueList<ReleaseStatus> Releases, DateTimeOffset? RolledBackLocallyAt);

/// <param name="WarmUntil">When a replaced version stops; null: it is not warm.</param>
/// <param name="HasTraffic">At least one app's requests go to it.</param>
public sealed record ReleaseStatus(
    string Release, int Run, ReleaseRole Role, DateTimeOffset? WarmUntil, bool HasTraffic, ValueList<InstanceStatus> Instances);

/// <param name="Port">On 127.0.0.1; null when its app does not listen.</param>
/// <param name="Restarts">Since it last ran for five minutes.</param>
/// <param name="Log">The file with its output.</param>
public sealed record InstanceStatus(string App, int Index, int Pid, int? Port, InstanceStanding Standing, int Restarts, string Log);
