namespace Towpath.Engine.Views;

/// <summary>One process of an environment's apps, as its agent told a moment ago. These names are a promise to scripts.</summary>
/// <param name="Name"><c>web/0</c>: its app, and its index there.</param>
/// <param name="Run">Whose version it is; null: not known.</param>
/// <param name="Role">What the version is there: candidate, live, warm (kept for a way back) or stopped.</param>
/// <param name="State">starting, healthy, unhealthy, restarting, draining, stopping, ended, or unknown.</param>
/// <param name="Reason">Why it is not healthy; empty when there is nothing to say.</param>
/// <param name="Since">When its process began; null: it does not run.</param>
/// <param name="Restarts">How often it ended unasked and was started again, as far as its agent knows.</param>
/// <param name="Memory">Bytes; null: not known.</param>
/// <param name="Release">As its agent calls the version.</param>
public sealed record InstanceView(
    string Name, int? Run, string Role, string State, string Reason, DateTimeOffset? Since, int Restarts, long? Memory, int? Pid, int? Port, string Release);

/// <summary>The instances of one environment.</summary>
/// <param name="IsSilent">There are some, and their agent says nothing of them any more: which, is not known.</param>
/// <param name="List">When there are many, not all: those that are not healthy are not left out first.</param>
/// <param name="Total">How many there are.</param>
public sealed record InstancesView(bool IsSilent, IReadOnlyList<InstanceView> List, int Total);
