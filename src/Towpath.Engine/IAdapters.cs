using Towpath.Core;

namespace Towpath.Engine;

/// <summary>
/// Those who carry out commands outside: agents, the package store, git. They are idempotent on a command's id, and
/// answer by posting an input to the <see cref="Loop"/>, from any thread, as often as they like.
/// </summary>
public interface IAdapters
{
    /// <summary>Returns at once. Beginning what is under way, or was answered, gives the same answer (again).</summary>
    void Begin(Command command);

    /// <summary>The command is no longer wanted. Unknown ids are ignored; a late answer is too.</summary>
    void Cancel(string commandId);
}
