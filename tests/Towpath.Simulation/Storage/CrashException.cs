namespace Towpath.Simulation.Storage;

/// <summary>The server is dead: thrown through the loop, which is then thrown away with all that was only in memory.</summary>
internal sealed class CrashException() : Exception("The simulated server crashed.");
