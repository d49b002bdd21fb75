using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Agent.Apps;

/// <summary>What a release is in its environment.</summary>
public enum ReleaseRole
{
    /// <summary>Started to be checked; no traffic is meant for it yet.</summary>
    Candidate,

    /// <summary>The one whose traffic it is.</summary>
    Live,

    /// <summary>Replaced, and still running so that it can be taken back at once.</summary>
    Warm,

    /// <summary>Its files are kept, nothing of it runs.</summary>
    Stopped,
}

/// <summary>
/// What should be in one environment of this machine, complete enough to bring it back after a reboot without the server.
/// It is on disk before anything is done about it.
/// </summary>
/// <param name="Boot">The boot in which the instances were started; in another one none of them can be alive.</param>
/// <param name="Traffic">App to whose instances get its requests.</param>
/// <param name="Exclusive">The release that runs the apps without overlap; null while they are exchanged.</param>
internal sealed record HostedState(
    string Project,
    string Environment,
    string Boot,
    ValueList<HostedRelease> Releases,
    OrdinalMap<AppTraffic> Traffic,
    string? Exclusive,
    LocalRollback? LocalRollback)
{
    /// <summary>What gets a share of the traffic beside it; null: nothing does.</summary>
    public CanaryTraffic? Canary { get; init; }

    /// <summary>Instances that are being replaced one by one; null: none are.</summary>
    public Rolling? Rolling { get; init; }

    public HostedRelease? Live => Releases.FirstOrDefault(release => release.Role == ReleaseRole.Live);

    public HostedRelease? Find(string? release) => Releases.FirstOrDefault(each => each.Release == release);

    public bool HasTraffic(string release) =>
        Traffic.Values.Any(traffic => traffic.Release == release) || (Rolling is { Moved: > 0 } rolling && rolling.To == release);

    public HostedState Change(string release, Func<HostedRelease, HostedRelease> change) =>
        this with { Releases = Releases.Replace(each => each.Release == release, change) };

    public HostedState With(HostedRelease release) =>
        Find(release.Release) is null ? this with { Releases = Releases.Add(release) } : Change(release.Release, _ => release);

    public HostedState Without(string release) =>
        this with { Releases = Releases.Where(each => each.Release != release).ToValueList() };

    /// <summary>A crashed instance of it is started again. One of a candidate is not: its check says what happened.</summary>
    public bool IsSupervised(string release) =>
        Find(release)?.Role is ReleaseRole.Live or ReleaseRole.Warm || HasTraffic(release) || Exclusive == release;

    /// <summary>The instances that should run now: those with overlap of every release in use, and those without of one release.</summary>
    public IEnumerable<InstanceKey> Wanted() =>
        from release in Releases
        where release.Started && (release.Role != ReleaseRole.Stopped || HasTraffic(release.Release))
        from app in release.Processes
        where app.Overlap || Exclusive == release.Release
        from index in Enumerable.Range(0, app.Instances)
        where !app.Overlap || Rolling?.HoldsBack(release.Release, index) != true
        select new InstanceKey(release.Release, app.Name, index);
}

/// <summary>
/// Instances of one release take over from those of another, in the order of their index: there is one at most beside those
/// there were, and never one less.
/// </summary>
/// <param name="Allowed">New instances that may run.</param>
/// <param name="Moved">New instances that get requests; as many old ones do not, and end.</param>
/// <param name="Back">All old ones run again, beside the new ones until these have no requests.</param>
internal sealed record Rolling(string From, string To, int Allowed, int Moved, bool Back)
{
    /// <summary>Not to run yet, or no longer.</summary>
    public bool HoldsBack(string release, int index) => (release == To && index >= Allowed) || (release == From && !Back && index < Moved);

    /// <summary>Gets requests, where the two releases share them.</summary>
    public bool IsAsked(string release, int index) => (release == To && index < Moved) || (release == From && (Back || index >= Moved));
}

/// <param name="Secrets">NAME to value, as they were when it was started.</param>
/// <param name="WarmUntil">Only when warm.</param>
/// <param name="BeforeDone">How many of the <c>before</c> steps ended well: they run once for a release.</param>
/// <param name="Started">It is unpacked and its <c>before</c> is done: its instances may be started at any time.</param>
/// <param name="FirstLive">When it became live for the first time; null: never.</param>
/// <param name="TakenBack">It was live and somebody went back behind it: not a target of a rollback.</param>
internal sealed record HostedRelease(
    ReleasePlan Plan,
    OrdinalMap<string> Secrets,
    ReleaseRole Role,
    DateTimeOffset? WarmUntil,
    int BeforeDone,
    bool Started,
    DateTimeOffset? FirstLive,
    bool TakenBack,
    ValueList<HostedInstance> Instances)
{
    public static HostedRelease New(ReleasePlan plan, OrdinalMap<string> secrets) => new(
        plan, secrets, ReleaseRole.Candidate, WarmUntil: null, BeforeDone: 0, Started: false, FirstLive: null, TakenBack: false, []);

    /// <summary>A contract migration took away what it needs: not a target of a rollback.</summary>
    public bool Barred { get; init; }

    public string Release => Plan.Release;

    public IEnumerable<ProcessApp> Processes => Plan.Apps.OfType<ProcessApp>();

    public OrdinalMap<string> Listen => Plan.Definition.Target is AppsTarget target ? target.Listen : OrdinalMap<string>.Empty;

    public ProcessApp Process(string name) => Processes.First(app => app.Name == name);
}

/// <param name="Release">Null: the port is kept and every request is answered 503.</param>
internal sealed record AppTraffic(string? Release, string Listen);

/// <summary>A share of the requests to those apps that listen and have instances.</summary>
/// <param name="Share">Of <see cref="Whole"/>.</param>
internal sealed record CanaryTraffic(string Release, int Share, bool Sticky)
{
    public const int Whole = 10_000;

    public TestersDefinition? Testers { get; init; }
}

/// <param name="Port">Null when its app does not listen here.</param>
/// <param name="Mark">In the environment of its processes.</param>
/// <param name="Healthy">It was found healthy since it was started.</param>
internal sealed record HostedInstance(string App, int Index, int? Port, int Pid, long StartTime, string Mark, bool Healthy)
{
    public ProcessIdentity Identity => new(Pid, StartTime);
}

/// <summary>A rollback that a person made on this machine, without the server.</summary>
internal sealed record LocalRollback(DateTimeOffset At, string From, string To);

/// <summary>One process that should run: <c>web/0</c> of release <c>d12</c>.</summary>
public readonly record struct InstanceKey(string Release, string App, int Index)
{
    /// <summary>As people know it within its release: <c>web/0</c>.</summary>
    public string Name => $"{App}/{Index}";

    public override string ToString() => $"{Release}/{App}/{Index}";

    /// <summary>Of what <see cref="ToString"/> gives.</summary>
    public static InstanceKey Parse(string text) => text.Split('/') is [var release, var app, var index]
        ? new(release, app, int.Parse(index, System.Globalization.CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is no instance.");
}
