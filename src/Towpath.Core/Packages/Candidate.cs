using Towpath.Core.Pipelines;

namespace Towpath.Core.Packages;

/// <summary>
/// The one thing that crosses from a run to an environment, and from an environment to the next: a package, where it
/// comes from, and what its own frozen pipeline says about the environment it is offered to.
/// </summary>
/// <param name="Run">The run that made it; the candidate's name within its project.</param>
/// <param name="Order">The journal sequence of the ref update that brought the commit. Later is newer, even when a force-push went back.</param>
/// <param name="Commit">The full SHA.</param>
/// <param name="Subject">The commit message's first line, for people.</param>
/// <param name="Package">The bytes.</param>
/// <param name="Pipeline">The definition at that commit: what the candidate's environments are and how they are reached.</param>
public sealed record Candidate(int Run, long Order, string Commit, string Subject, Package Package, Pipeline Pipeline);
