namespace Towpath.Core;

/// <summary>What happens to a machine: from outside, from another machine, or the passing of time.</summary>
public abstract record MachineInput;

/// <summary>What a machine decided, as its stream records it.</summary>
public abstract record MachineEvent;

/// <summary>All that a machine knows: nothing but what its stream's events say.</summary>
public abstract record MachineState;
