using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine;

namespace Towpath.Simulation;

/// <summary>People at their worst moments: they push, force-push, cancel, roll back, hold and promote while everything else is under way.</summary>
internal sealed class SimulatedPeople(Random random, Agenda agenda, Func<Faults> faults, SimulatedOutside outside, Action<StreamId, MachineInput, Action<string?>?> ask)
{
    private static readonly string[] Projects = ["shop", "blog"];
    private static readonly string[] Branches = ["refs/heads/main", "refs/heads/main", "refs/heads/fix"];
    private static readonly string[] Environments = ["staging", "load-test", "production", "registry"];
    private readonly Dictionary<string, string> refs = new(StringComparer.Ordinal);
    private int commits;
    private int pushes;

    /// <summary>Every ref update that git accepted: project, ref, commit, push.</summary>
    public List<(string Project, string Ref, string Commit)> Moved { get; } = [];

    public void Act()
    {
        var project = Projects[random.Next(Projects.Length)];
        switch (random.Next(12))
        {
            case < 6:
                Push(project);
                break;
            case 6:
                ask(StreamId.OfRun(project, random.Next(1, commits + 2)), new CancelRun("ada"), null);
                break;
            case 7:
                ask(StreamId.OfProject(project), new RequestRetry(random.Next(1, commits + 2), "ada"), null);
                break;
            default:
                ask(StreamId.OfEnvironment(project, Environments[random.Next(Environments.Length)]), Wish(), null);
                break;
        }
    }

    /// <summary>When the storm is over people tidy up: decisions are taken and holds lifted, so that nothing may wait for them any longer.</summary>
    public void TidyUp(Func<string, string, EnvironmentState?> read)
    {
        foreach (var project in Projects)
        {
            foreach (var name in Environments)
            {
                if (read(project, name) is not { } state)
                    continue;
                if (state.Active is { Status: DeploymentStatus.NeedsDecision } open)
                    ask(StreamId.OfEnvironment(project, name), open.Kind == DeploymentKind.Stop ? new CancelDeployment(open.Number, "ada") : new AcceptDeployment(open.Number, "ada"), null);
                if (state.Hold is not null)
                    ask(StreamId.OfEnvironment(project, name), new ResumeEnvironment("ada"), null);
            }
        }
    }

    private EnvironmentInput Wish() => random.Next(9) switch
    {
        0 or 1 => new RollBackEnvironment("ada", "It looks wrong."),
        2 => new HoldEnvironment("ada", "Lunch."),
        3 or 4 => new ResumeEnvironment("ada"),
        5 => new CancelDeployment(random.Next(1, 20), "ada"),
        6 => new Promote(random.Next(1, commits + 2), "ada"),
        7 => random.Next(3) == 0 ? new StopEnvironment("ada") : new AcceptDeployment(random.Next(1, 20), "ada"),
        _ => new ChangeSettings(OrdinalMap<string?>.Empty.With("LEVEL", $"{random.Next(5)}"), OrdinalMap<bool>.Empty.With("KEY", random.Next(2) == 0), "ada"),
    };

    private void Push(string project)
    {
        var reference = refs.ContainsKey(project) ? Branches[random.Next(Branches.Length)] : Branches[0];
        var key = $"{project} {reference}";
        var old = refs.GetValueOrDefault(key);
        var isBack = old is not null && random.Next(8) == 0 && Moved.Any(moved => moved.Project == project);
        var commit = isBack ? Moved.Last(moved => moved.Project == project).Commit : $"{++commits:x40}";
        var id = $"push-{++pushes}";
        var change = new RefChange(reference, old, commit, $"Change {commits}", Samples.Pipeline(random, commit));
        outside.OpenPushes.Add(id);
        ask(StreamId.OfProject(project), new AnnouncePush(id, [change]), refusal =>
        {
            // Pre-receive has its answer; from here git moves the ref, or is cut off before.
            agenda.In(TimeSpan.FromMilliseconds(random.Next(1, 500)), () =>
            {
                outside.OpenPushes.Remove(id);
                if (refusal is not null || random.Next(20) == 0)
                    return;
                refs[project] = refs[key] = commit;
                Moved.Add((project, reference, commit));
                outside.Reflog[id] = [reference];
                if (random.NextDouble() >= faults().SettleLost)
                    ask(StreamId.OfProject(project), new SettlePush(id, [reference]), null);
            });
        });
        // A push whose server dies before it answers has moved nothing; git gives up.
        agenda.In(TimeSpan.FromMinutes(5), () => outside.OpenPushes.Remove(id));
    }
}
