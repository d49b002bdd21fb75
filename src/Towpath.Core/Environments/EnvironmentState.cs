using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Core.Environments;

/// <summary>A named place: what is live in it, what is on its way in, and what a person said about it.</summary>
/// <param name="Versions">What reached live here and was not taken back, oldest first; the last is live now.</param>
/// <param name="Stopped">Nothing runs although <paramref name="Versions"/> is not empty: a person stopped it.</param>
/// <param name="Deployments">Oldest first; all that are not over and the last <see cref="EnvironmentMachine.DeploymentsKept"/>.</param>
/// <param name="Quarantine">Never deployed here again by automation; the last <see cref="EnvironmentMachine.QuarantineKept"/>.</param>
/// <param name="StartedOnce">
/// What automation never starts a deploy command for again, whatever came of it; as many are kept as in quarantine.
/// </param>
/// <param name="Settings">Those that the next deployment uses.</param>
/// <param name="NextRevision">Revisions are never used twice, also when settings were taken back.</param>
/// <param name="HandOvers">News for later environments that they have not confirmed.</param>
public sealed record EnvironmentState(
    string Project,
    string Name,
    ValueList<LiveVersion> Versions,
    bool Stopped,
    ValueList<Deployment> Deployments,
    int NextDeployment,
    Hold? Hold,
    ValueList<Quarantined> Quarantine,
    ValueList<StartedPackage> StartedOnce,
    Settings Settings,
    int NextRevision,
    ValueList<HandOver> HandOvers) : MachineState
{
    public static EnvironmentState Empty(string project, string name) => new(
        project, name, ValueList<LiveVersion>.Empty, false, ValueList<Deployment>.Empty, 1, null, ValueList<Quarantined>.Empty,
        ValueList<StartedPackage>.Empty, Settings.None, 1, ValueList<HandOver>.Empty);

    /// <summary>Behind this one nobody goes back; null: nothing was taken away from any version.</summary>
    public ContractedVersion? Contracted { get; init; }

    /// <summary>Set by people on the server; those that are over stay until the next one is set.</summary>
    public ValueList<Freeze> Freezes { get; init; } = [];

    public LiveVersion? Live => Stopped || Versions.Count == 0 ? null : Versions[^1];

    /// <summary>The one that changes the environment now.</summary>
    public Deployment? Active => Deployments.LastOrDefault(deployment => deployment.IsActive);

    public IEnumerable<Deployment> Waiting => Deployments.Where(IsWaiting);

    /// <summary>A deployment waits.</summary>
    public bool HasWaiting => Deployments.Any(IsWaiting);

    public Deployment? Deployment(int number) => Deployments.LastOrDefault(deployment => deployment.Number == number);

    private static bool IsWaiting(Deployment deployment) => deployment.Status is DeploymentStatus.Offered or DeploymentStatus.Waiting;
}

/// <summary>A candidate that arrived.</summary>
/// <param name="Release">What the agent calls the running version.</param>
/// <param name="Deployment">The one that brought it.</param>
/// <param name="Settings">Those it runs with.</param>
public sealed record LiveVersion(int Deployment, string Release, Candidate Candidate, Settings Settings, DateTimeOffset Since)
{
    /// <summary>A contract migration of a later one took away what it needs.</summary>
    public bool Barred { get; init; }

    public bool IsSameAs(Candidate candidate, Settings settings) =>
        Candidate.Package.Digest == candidate.Package.Digest && Settings.Revision == settings.Revision;
}

/// <summary>The version whose contract migration was started last.</summary>
public sealed record ContractedVersion(int Run, long Order, DateTimeOffset At)
{
    /// <summary>
    /// Earlier runs of the same commit whose contract migration was started too: they can come back, and it is not started again. Those of
    /// older commits cannot.
    /// </summary>
    public ValueList<int> Before { get; init; } = [];

    public bool Includes(int run) => run == Run || Before.Contains(run);
}

/// <summary>Variables and secrets that the server keeps for an environment. Values of secrets are never here.</summary>
/// <param name="Revision">0: nothing was ever set.</param>
/// <param name="Secrets">Name to the revision that set its value.</param>
public sealed record Settings(int Revision, OrdinalMap<string> Variables, OrdinalMap<int> Secrets)
{
    public static Settings None { get; } = new(0, OrdinalMap<string>.Empty, OrdinalMap<int>.Empty);
}

/// <summary>Automation paused, with a person who can lift it. It never stops a rollback.</summary>
/// <param name="By">Who held last; <paramref name="Reason"/> and <paramref name="Since"/> are theirs.</param>
/// <param name="Begun">Since when automation has been paused without a break: somebody may have held again since.</param>
public sealed record Hold(string By, string Reason, DateTimeOffset Since, DateTimeOffset Begun);

/// <param name="Deployment">The one that started the command.</param>
public sealed record StartedPackage(Digest Package, int Deployment);

/// <param name="Deployment">The one that was taken back.</param>
public sealed record Quarantined(Digest Package, int SettingsRevision, int Deployment);

/// <summary>News for an environment that comes after this one.</summary>
/// <param name="Passed">True: the candidate became live here. False: it was rolled back here since.</param>
public sealed record HandOver(string To, Candidate Candidate, bool Passed);
