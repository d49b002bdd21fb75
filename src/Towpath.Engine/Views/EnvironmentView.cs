using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Engine.Views;

/// <summary>An environment as its page and scripts see it. These names are a promise to scripts.</summary>
/// <param name="Url">Where the first listening app answers; null when nothing listens.</param>
/// <param name="Urls">App to address.</param>
/// <param name="Live">Null when nothing runs here.</param>
/// <param name="Deployment">The one under way, else the latest that ended.</param>
public sealed record EnvironmentView(
    string Project,
    string Name,
    string? Url,
    IReadOnlyDictionary<string, string> Urls,
    IReadOnlyList<string> After,
    LiveView? Live,
    DeploymentView? Deployment,
    IReadOnlyList<DeploymentView> Waiting,
    HoldView? Hold,
    LiveView? RollbackTarget,
    SettingsView Settings,
    IReadOnlyList<DeploymentView> History)
{
    /// <summary>Set on the server, now or to come.</summary>
    public IReadOnlyList<FreezeView> Freezes { get; init; } = [];

    /// <param name="historyAtMost">So many of the latest that ended.</param>
    /// <param name="now">What waits at a gate may wait for a time.</param>
    public static EnvironmentView Of(EnvironmentState state, DateTimeOffset now, int historyAtMost = int.MaxValue)
    {
        var over = state.Deployments.Where(deployment => deployment.IsOver).Reverse().ToList();
        return new EnvironmentView(
            state.Project, state.Name, UrlOf(state), UrlsOf(state),
            Newest(state)?.After ?? [],
            state.Live is { } live ? LiveView.Of(live) : null,
            (state.Active ?? over.FirstOrDefault()) is { } latest
                ? DeploymentView.Of(state, latest, now) with { Evidence = EvidenceView.Of(state, latest) } : null,
            [.. state.Waiting.Select(deployment => DeploymentView.Of(state, deployment, now))],
            state.Hold is { } hold ? new HoldView(hold.By, hold.Reason, hold.Since) : null,
            state.Versions.Count > 0 && Rollback.Target(state) is { } target && Core.Environments.Migrations.Bars(state, target) is null ? LiveView.Of(target) : null,
            new SettingsView(state.Settings.Revision, state.Settings.Variables, [.. state.Settings.Secrets.Keys]),
            [.. over.Take(historyAtMost).Select(deployment => DeploymentView.Of(state, deployment, now))])
        {
            Freezes = [.. state.Freezes.Where(freeze => freeze.Until > now).Select(freeze => new FreezeView(freeze.By, freeze.Reason, freeze.From, freeze.Until))],
            Migrations = MigrationsView.Of(state),
        };
    }

    /// <summary>How its apps answer; null: there are no figures now.</summary>
    public HealthView? Health { get; init; }

    /// <summary>What runs of its apps; null: nobody tells, because none of them is a process or their agent is away.</summary>
    public IReadOnlyList<InstanceView>? Instances { get; init; }

    /// <summary>Null where nothing was migrated, and nothing is to be.</summary>
    public MigrationsView? Migrations { get; init; }

    /// <summary>Where the first listening app answers; null when nothing listens.</summary>
    public static string? UrlOf(EnvironmentState state) => UrlsOf(state).Values.FirstOrDefault();

    private static SortedDictionary<string, string> UrlsOf(EnvironmentState state)
    {
        var urls = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if ((state.Live?.Candidate.Pipeline.Environment(state.Name) ?? Newest(state))?.Target is AppsTarget apps)
        {
            foreach (var (app, listen) in apps.Listen)
                urls[app] = $"http://{listen.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)}/";
        }

        return urls;
    }

    private static EnvironmentDefinition? Newest(EnvironmentState state) =>
        state.Deployments.Count > 0 ? state.Deployments[^1].Definition(state.Name) : null;
}

/// <param name="NextRun">Whose contract migration runs next; null: nobody's.</param>
/// <param name="NextAt">When, unless the environment is held or busy then. Until it runs there is a way back to versions before.</param>
/// <param name="ContractedRun">Whose contract migration was started last: nobody goes back to versions before it.</param>
/// <param name="Leaves">What a rollback now would not undo, in a sentence; empty: nothing.</param>
public sealed record MigrationsView(int? NextRun, DateTimeOffset? NextAt, int? ContractedRun, DateTimeOffset? ContractedAt, string Leaves)
{
    internal static MigrationsView? Of(EnvironmentState state)
    {
        var view = new MigrationsView(
            Migrations.Owed(state)?.Candidate.Run, Migrations.Due(state), state.Contracted?.Run, state.Contracted?.At, Migrations.Leaves(state));
        return view is { NextRun: null, ContractedRun: null, Leaves: "" } ? null : view;
    }
}

/// <param name="Settings">The revision of the variables and secrets it runs with.</param>
public sealed record LiveView(int Run, string Commit, string Subject, string Digest, int Settings, int Deployment, string Release, DateTimeOffset Since)
{
    public static LiveView Of(LiveVersion live) => new(
        live.Candidate.Run, live.Candidate.Commit, live.Candidate.Subject, live.Candidate.Package.Digest.ToString(), live.Settings.Revision,
        live.Deployment, live.Release, live.Since);
}

/// <param name="Reason">Why it waits, is taken back, or ended; empty when there is nothing to say.</param>
/// <param name="Log">The id of its log.</param>
public sealed record DeploymentView(
    int Number,
    int Run,
    string Commit,
    string Subject,
    string Digest,
    string Kind,
    string State,
    string Reason,
    string By,
    int? Undoes,
    int? SupersededBy,
    string Log,
    DateTimeOffset OfferedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt)
{
    /// <summary>Null when it is not at a step of a canary.</summary>
    public RolloutView? Rollout { get; init; }

    /// <summary>It gave or gives its version a share of the traffic, and what was seen then is kept.</summary>
    public bool Analysed { get; init; }

    /// <summary>What its canary has shown; only of the deployment under way, or the latest. Null where nothing was compared.</summary>
    public EvidenceView? Evidence { get; init; }

    /// <summary>What a person can do about it; empty when it needs no decision.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>While it waits: all that has to hold before it starts.</summary>
    public IReadOnlyList<GateView> Gates { get; init; } = [];

    /// <summary>While it waits: what an approval given now is for. Null for what asks no gates.</summary>
    public PlanView? Plan { get; init; }

    /// <summary>Why a person let it pass over its gates, approvals excepted; null: nobody did.</summary>
    public string? Override { get; init; }

    /// <summary>Without its evidence.</summary>
    public static DeploymentView Of(EnvironmentState state, Deployment deployment, DateTimeOffset now) => new(
        deployment.Number, deployment.Candidate.Run, deployment.Candidate.Commit, deployment.Candidate.Subject,
        deployment.Candidate.Package.Digest.ToString(), Word.Of(deployment.Kind), Word.Of(deployment.Status),
        deployment.IsOver || deployment.IsActive ? deployment.Reason : DeploymentQueue.WaitReason(state, deployment, now),
        deployment.By, deployment.Undoes, deployment.SupersededBy, LogId(state, deployment.Number), deployment.OfferedAt, deployment.StartedAt, deployment.EndedAt)
    {
        Rollout = RolloutView.Of(state, deployment),
        Analysed = deployment.Canary is not null,
        Choices = Core.Environments.Choices.Of(state, deployment),
        Gates = GateView.Of(state, deployment, now),
        Plan = PlanView.Of(state, deployment),
        Override = deployment.Override,
    };

    /// <summary>The deployment's log: those of its stages, read one after the other.</summary>
    public static string LogId(EnvironmentState state, int deployment) => $"{state.Project}/environments/{state.Name}/deployments/{deployment}";
}

public sealed record HoldView(string By, string Reason, DateTimeOffset Since);

/// <param name="Secrets">Names only.</param>
public sealed record SettingsView(int Revision, IReadOnlyDictionary<string, string> Variables, IReadOnlyList<string> Secrets);
