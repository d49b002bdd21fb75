using Towpath.Core;

namespace Towpath.Engine;

/// <summary>An input on its way to a machine, and the one who waits for what becomes of it.</summary>
/// <param name="Input">Null: only see whether the machine has something for another one.</param>
/// <param name="Reply">Completed with null when the input was taken and is in the journal, or with the reason why it was refused.</param>
public sealed record Letter(StreamId Stream, MachineInput? Input, TaskCompletionSource<string?>? Reply)
{
    internal void Answer(string? refusal) => Reply?.TrySetResult(refusal);

    internal void Fail(Exception error) => Reply?.TrySetException(error);
}
