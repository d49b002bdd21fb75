namespace Towpath.Agent.Jobs;

/// <summary>What a step finds around it.</summary>
/// <param name="Folder">Where it starts.</param>
/// <param name="Environment">Complete: nothing is inherited. The step's own <c>env</c> is laid over it.</param>
/// <param name="Writable">Folders that it may write to; in the sandbox everything else is read-only.</param>
/// <param name="CommandId">The agent's command that it belongs to; marks its processes.</param>
/// <param name="Readable">Folders in Towpath's data folder that the sandbox leaves readable; null: none.</param>
public sealed record StepSurroundings(
    string Folder,
    IReadOnlyDictionary<string, string> Environment,
    IReadOnlyList<string> Writable,
    string CommandId,
    IReadOnlyList<string>? Readable = null);
