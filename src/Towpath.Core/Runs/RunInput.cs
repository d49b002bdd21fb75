using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Packages;

namespace Towpath.Core.Runs;

/// <summary>What happens to a run.</summary>
public abstract record RunInput : MachineInput;

/// <summary>From the project: the run exists now. Repeating it changes nothing.</summary>
public sealed record CreateRun(string Project, RunRequest Request) : RunInput;

/// <summary>An agent took the attempt from its queue.</summary>
public sealed record AttemptTaken(string CommandId, string Agent) : RunInput;

/// <summary>The end of an attempt. Late and repeated answers change nothing.</summary>
public sealed record AttemptAnswered(string CommandId, JobEnded Answer) : RunInput;

/// <summary>The end of packaging.</summary>
/// <param name="Package">Set when it succeeded.</param>
/// <param name="Reason">One sentence when it did not.</param>
public sealed record PackageAnswered(string CommandId, Outcome Outcome, Package? Package, string Reason) : RunInput;

public sealed record CancelRun(string By) : RunInput;

/// <summary>A newer push to the same branch, which does not deploy: a run that did not start is of no use any more.</summary>
public sealed record OvertakeRun(int ByRun) : RunInput;

/// <summary>The environment has the candidate.</summary>
public sealed record OfferTaken(string Environment) : RunInput;

/// <summary>The run is old enough to be forgotten but for its history: nothing needs its package, its logs and its commit any more.</summary>
public sealed record CollectRun : RunInput;

/// <summary>A deadline may have passed.</summary>
public sealed record RunClock : RunInput;
