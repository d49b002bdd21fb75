using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <summary>One environment as the record tells it.</summary>
internal sealed partial class EnvironmentPage(StreamId stream) : Page(stream)
{
    /// <summary>What is further back is no place to go back to, and nothing that could be taken back.</summary>
    private const int VersionsKept = 20;

    private static readonly TimeSpan WaitingAtMost = TimeSpan.FromDays(7);

    public string Name { get; } = stream.Environment!;

    public Dictionary<int, DeploymentLine> Deployments { get; } = [];

    /// <summary>Offered, and neither started nor over.</summary>
    public SortedDictionary<int, DeploymentLine> Waiting { get; } = [];

    /// <summary>Started and not over.</summary>
    public DeploymentLine? UnderWay { get; private set; }

    /// <summary>What went live and was not taken back, oldest first.</summary>
    public List<DeploymentLine> Versions { get; } = [];

    public bool IsStopped { get; private set; }

    public HoldSet? Hold { get; private set; }

    public int SettingsRevision { get; private set; }

    public HashSet<(Digest Package, int Settings)> Quarantine { get; } = [];

    /// <summary>News for environments after this one that they have not confirmed: name, run, passed.</summary>
    public HashSet<(string To, int Run, bool Passed)> Owed { get; } = [];

    /// <summary>A person has said that what is there counts as live, whatever it is.</summary>
    public bool IsDecidedByPerson { get; private set; }

    public DeploymentLine? Live => IsStopped || Versions.Count == 0 ? null : Versions[^1];

    /// <summary>Runs whose contract migration was begun.</summary>
    public HashSet<int> Contracted { get; } = [];

    /// <summary>The commit of the last of them; nothing older may come back.</summary>
    public long ContractedOrder { get; private set; }

    /// <summary>Runs that lay before a version when its contract migration was begun.</summary>
    public HashSet<int> Barred { get; } = [];

    /// <summary>Runs that went live here and were not rolled back since, and since when.</summary>
    public Dictionary<int, DateTimeOffset> Passed { get; } = [];

    /// <summary>Set by people.</summary>
    public List<FreezeSet> Freezes { get; } = [];

    public override DateTimeOffset EarliestDeadline()
    {
        var earliest = UnderWay is { NeedsDecision: false, Deadline: { } deadline } ? deadline : DateTimeOffset.MaxValue;
        foreach (var waiting in Waiting.Values)
        {
            if (waiting.OfferedAt + WaitingAtMost < earliest)
                earliest = waiting.OfferedAt + WaitingAtMost;
        }

        return ContractDue() is { } due && due < earliest ? due : earliest;
    }

    /// <summary>When the next contract migration may begin; null while somebody holds or changes the environment, or none is left.</summary>
    public DateTimeOffset? ContractDue()
    {
        if (UnderWay is not null || Hold is not null || IsStopped)
            return null;
        var next = Versions.Where((version, index) => !version.IsBarred && !Contracted.Contains(version.Candidate.Run)
            && Versions.Skip(index).All(later => later.Candidate.Order >= version.Candidate.Order))
            .FirstOrDefault(version => version.Definition(Name)?.Migrations?.Contract is not null);
        return next is null ? null : next.LiveSince + next.Definition(Name)!.Migrations!.ContractAfter;
    }

    public void Enter(EnvironmentEvent entered, DateTimeOffset at, HashSet<string> wanted)
    {
        switch (entered)
        {
            case DeploymentOffered offered:
                Waiting[offered.Deployment] = Deployments[offered.Deployment] = new DeploymentLine(offered, at);
                Await(Deployments[offered.Deployment], at);
                break;
            case UpstreamPassed passed:
                Deployments[passed.Deployment].PassedIn.Add(passed.Environment);
                Await(Deployments[passed.Deployment], at);
                break;
            case DeploymentApproved or WebhookAsked or WebhookAnswered or FreezeSet or FreezeLifted:
                EnterGate(entered, wanted);
                break;
            case UpstreamRevoked revoked:
                Deployments[revoked.Deployment].PassedIn.Remove(revoked.Environment);
                break;
            case DeploymentStarted started:
                Start(Deployments[started.Deployment], started, wanted);
                break;
            case StageBegan began:
                Go(Deployments[began.Deployment], began.Stage, 1, began.Deadline, wanted);
                break;
            case TrafficMeasured or ShareRaised or RolloutPaused or RolloutAdvanced:
                EnterCanary(entered, wanted);
                break;
            case WithdrawalBegan began:
                Withdraw(Deployments[began.Deployment], began, wanted);
                break;
            case DecisionNeeded needed:
                IsDecidedByPerson = true;
                Deployments[needed.Deployment].NeedsDecision = true;
                Rest(Deployments[needed.Deployment], wanted);
                break;
            case WentLive live:
                Arrive(Deployments[live.Deployment], at);
                End(live.Deployment, DeploymentStatus.Live, wanted);
                break;
            case Stopped stopped:
                IsStopped = true;
                End(stopped.Deployment, DeploymentStatus.Live, wanted);
                break;
            case Contracted contracted:
                End(contracted.Deployment, DeploymentStatus.Live, wanted);
                break;
            case DeploymentEnded ended:
                End(ended.Deployment, ended.Status, wanted);
                break;
            case PackageQuarantined entry:
                Quarantine.Add((entry.Package, entry.SettingsRevision));
                break;
            case HoldSet or HoldLifted:
                Hold = entered as HoldSet;
                break;
            case SettingsChanged changed:
                SettingsRevision = changed.Revision;
                break;
            case NewsHandedOver taken:
                Owed.Remove((taken.To, taken.Run, taken.Passed));
                break;
        }
    }

    private void Start(DeploymentLine line, DeploymentStarted started, HashSet<string> wanted)
    {
        Waiting.Remove(line.Number);
        ForgetQuestions(line, wanted);
        UnderWay = line;
        (line.Settings, line.Release) = (started.Settings, started.Release);
    }

    private void Withdraw(DeploymentLine line, WithdrawalBegan began, HashSet<string> wanted)
    {
        line.NeedsDecision = false;
        line.Conclusion = began.Conclusion;
        Go(line, Stage.Withdraw, line.Stage == Stage.Withdraw ? line.Attempt + 1 : 1, began.Deadline, wanted);
    }

    private void Go(DeploymentLine line, Stage stage, int attempt, DateTimeOffset deadline, HashSet<string> wanted)
    {
        Rest(line, wanted);
        if (stage == Stage.Contract)
            Contract(line);
        (line.Stage, line.Attempt, line.Deadline) = (stage, attempt, deadline);
        (line.IsPaused, line.IsAdvanced, line.Bin) = (false, false, 1);
        line.IsMoved |= stage is Stage.Canary or Stage.Shift or Stage.Deploy or Stage.Undo or Stage.Contract;
        line.CommandId = $"{Stream}/deployments/{line.Number}/{NameOf(stage)}" + (stage == Stage.Canary ? "-1" : attempt > 1 ? $"-{attempt}" : "");
        wanted.Add(line.CommandId);
    }

    private void Await(DeploymentLine line, DateTimeOffset at)
    {
        if (line.Kind != DeploymentKind.Deploy || line.Definition(Name)?.After.All(line.PassedIn.Contains) == true)
            line.WaitingSince ??= at;
    }

    private static void Rest(DeploymentLine line, HashSet<string> wanted)
    {
        if (line.CommandId is not { } command)
            return;
        wanted.Remove(command);
        line.CommandId = null;
    }

    /// <summary>A rollback takes back what went live after its target; everything else comes on top.</summary>
    private void Arrive(DeploymentLine line, DateTimeOffset at)
    {
        IsStopped = false;
        line.LiveSince = at;
        Barred.Remove(line.Candidate.Run);
        if (line.Kind == DeploymentKind.Rollback)
            SettingsRevision = line.Settings!.Revision;
        if (line.Kind == DeploymentKind.Rollback && Versions.Exists(version => IsSame(version, line)))
        {
            while (!IsSame(Versions[^1], line))
            {
                var undone = Versions[^1].Candidate;
                Versions.RemoveAt(Versions.Count - 1);
                if (undone.Run == line.Candidate.Run)
                    continue;
                Passed.Remove(undone.Run);
                Owed.RemoveWhere(news => news.Run == undone.Run);
                Owed.UnionWith(After(undone).Select(later => (later, undone.Run, false)));
            }
        }
        else
        {
            var run = line.Candidate.Run;
            Passed.TryAdd(run, at);
            Owed.RemoveWhere(news => news.Run == run);
            Owed.UnionWith(After(line.Candidate).Select(later => (later, run, true)));
        }

        if (Versions.Count > 0 && IsSame(Versions[^1], line))
            Versions[^1] = line;
        else
            Versions.Add(line);
        if (Versions.Count > VersionsKept)
            Versions.RemoveAt(0);
    }

    private void Contract(DeploymentLine line)
    {
        Contracted.Add(line.Candidate.Run);
        ContractedOrder = line.Candidate.Order;
        var at = Versions.FindLastIndex(version => version.Candidate.Run == line.Candidate.Run && version.Release == line.Release);
        foreach (var before in Versions.Take(at))
            before.IsBarred = true;
        Barred.UnionWith(Versions.Take(at).Select(version => version.Candidate.Run).Except(Versions.Skip(at).Select(version => version.Candidate.Run)));
    }

    private IEnumerable<string> After(Candidate candidate) =>
        candidate.Pipeline.Environments.Where(environment => environment.After.Contains(Name)).Select(environment => environment.Name);

    private void End(int number, DeploymentStatus status, HashSet<string> wanted)
    {
        var line = Deployments[number];
        line.Ended = status;
        // Traffic was really moved, to this version or back to the live one. A stop only ends what the record calls live.
        if (!line.NeedsDecision && line.Kind != DeploymentKind.Contract && (line.Stage == Stage.Withdraw ? Live is not null : status == DeploymentStatus.Live))
            IsDecidedByPerson = false;
        Rest(line, wanted);
        ForgetQuestions(line, wanted);
        Waiting.Remove(number);
        if (UnderWay == line)
            UnderWay = null;
    }

    private static bool IsSame(DeploymentLine one, DeploymentLine other) =>
        one.Candidate.Package.Digest == other.Candidate.Package.Digest && one.Settings!.Revision == other.Settings!.Revision;

    private static string NameOf(Stage stage) => stage switch
    {
        Stage.Start => "start",
        Stage.Check => "check",
        Stage.Survey => "survey",
        Stage.Canary => "canary",
        Stage.Shift => "shift",
        Stage.Deploy => "deploy",
        Stage.Verify => "verify",
        Stage.Undo => "undo",
        Stage.Contract => "contract",
        _ => "withdraw",
    };
}
