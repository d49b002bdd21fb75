namespace Towpath.Engine.Views;

/// <summary>One process of an app in an environment, as its agent told it in the last half minute.</summary>
/// <param name="Name">App and index from 0: <c>web/0</c>.</param>
/// <param name="Role">What its version is there: <c>candidate</c>, <c>live</c> or <c>warm</c> (replaced, and still running).</param>
/// <param name="State"><c>starting</c>, <c>healthy</c>, <c>ended</c> (by itself) or <c>stopping</c>.</param>
/// <param name="Since">When the process was started.</param>
/// <param name="Restarts">Since it last ran for five minutes.</param>
/// <param name="Port">On the agent's machine; null when its app does not listen.</param>
public sealed record InstanceView(string Name, int Run, string Role, string State, DateTimeOffset Since, int Restarts, int? Port);
