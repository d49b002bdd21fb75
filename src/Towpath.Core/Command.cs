namespace Towpath.Core;

/// <summary>
/// Something that should be in flight now, as a machine's Pending says. Whoever carries it out is idempotent on the id,
/// and answers with an input; when the command is no longer pending, it is called off.
/// </summary>
/// <param name="Id">Stable, and readable: <c>shop/runs/7/jobs/test/attempts/2</c>.</param>
public abstract record Command(string Id);

/// <summary>How work ended. The work saying no and the machinery breaking are never mixed.</summary>
public enum Outcome
{
    Succeeded,

    /// <summary>The work said no: a test failed, a version is not healthy.</summary>
    Failed,

    /// <summary>The machinery could not do the work: an agent was lost, a disk was full.</summary>
    Errored,

    /// <summary>It was started, must not be started twice, and nobody knows how it ended.</summary>
    Unknown,
}
