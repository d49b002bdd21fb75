using Towpath.Core.Packages;

namespace Towpath.Core.Commits;

/// <summary>What happens to a project.</summary>
public abstract record ProjectInput : MachineInput;

/// <summary>Before git moves any ref (pre-receive): what the push is going to do.</summary>
/// <param name="Id">Unique, chosen by the server; git writes it into the reflog.</param>
public sealed record AnnouncePush(string Id, ValueList<RefChange> Changes) : ProjectInput;

/// <summary>The refs that the push did move, as git's post-receive or the reflog says; none of them: it was given up.</summary>
public sealed record SettlePush(string Id, ValueList<string> MovedRefs) : ProjectInput;

/// <summary>A new run with the commit, definition and order of one that did not succeed.</summary>
public sealed record RequestRetry(int Run, string By) : ProjectInput;

/// <summary>A package that another CI built for a commit that was pushed here.</summary>
public sealed record RequestUpload(string Commit, Package Package, string By) : ProjectInput;

/// <summary>The journal was restored from a backup: numbers of runs may have been used that it does not know.</summary>
/// <param name="NumbersSkipped">How many are left out.</param>
public sealed record RestoreProject(int NumbersSkipped) : ProjectInput;

/// <summary>The time of a schedule may have come.</summary>
/// <param name="NoRoom">Why no run can be started now; null when one can.</param>
public sealed record ProjectClock(string? NoRoom = null) : ProjectInput;

/// <summary>The run's stream has recorded its request.</summary>
public sealed record RunTaken(int Run) : ProjectInput;
