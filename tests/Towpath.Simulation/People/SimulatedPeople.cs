using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Simulation.Checkers;
using Towpath.Simulation.Outside;

namespace Towpath.Simulation.People;

/// <summary>People who push, force-push, cancel, roll back, hold, promote and change settings while everything else is under way.</summary>
internal sealed class SimulatedPeople(Random random, Func<DateTimeOffset> now, Books books, SimulatedGit git, Post post)
{
    private const string Main = "refs/heads/main";
    private const string Fix = "refs/heads/fix";

    private static readonly string[] Projects = ["shop", "blog", "wiki", "game", "mail"];

    private readonly (string Name, Shape Shape)[] projects =
        [.. Projects.Take(random.Next(3, Projects.Length + 1)).Select(name => (name, (Shape)random.Next(4)))];

    private readonly HashSet<string> bad = new(StringComparer.Ordinal);
    private readonly double badness = random.NextDouble() * 0.3;
    private int commits;

    public bool IsBad(string commit) => bad.Contains(commit);

    /// <summary>Something that somebody feels like just now.</summary>
    public void Act()
    {
        var (project, shape) = projects[random.Next(projects.Length)];
        switch (random.Next(18))
        {
            case 16 or 17:
                Answer();
                break;
            case < 7:
                Push(project, shape);
                break;
            case 7:
                Ask(StreamId.OfRun(project, Run(project)), new CancelRun("ada"));
                break;
            case 8:
                Ask(StreamId.OfProject(project), new RequestRetry(Run(project), "ada"));
                break;
            case 9 when random.Next(4) == 0:
                Upload(project);
                break;
            default:
                var name = Samples.Environments[random.Next(Samples.Environments.Length)];
                if (books.Environment(project, name) is { } page)
                    Ask(page.Stream, Wish(page));
                break;
        }
    }

    public void Ask(StreamId stream, MachineInput wish) => post(stream, wish, null);

    /// <summary>A new commit, or an older one again: there and back again, or a force-push.</summary>
    public void PushTo(string project) => Push(project, projects.First(one => one.Name == project).Shape);

    /// <summary>When the storm is over people tidy up: decisions are taken and holds lifted, so that nothing may wait for them any longer.</summary>
    public void TidyUp()
    {
        foreach (var page in books.Pages.OfType<EnvironmentPage>().ToList())
        {
            if (page.UnderWay is { NeedsDecision: true } open)
                Ask(page.Stream, open.Kind == DeploymentKind.Stop || random.Next(2) == 0 ? new CancelDeployment(open.Number, "ada") : new AcceptDeployment(open.Number, "ada"));
            if (page.UnderWay is { IsPaused: true } paused)
                Ask(page.Stream, random.Next(2) == 0 ? new CancelDeployment(paused.Number, "ada") : new AdvanceDeployment(paused.Number, random.Next(2) == 0, "ada"));
            if (page.Hold is not null)
                Ask(page.Stream, new ResumeEnvironment("ada"));
        }
    }

    /// <summary>Somebody says yes to what waits for it, freezes a place for a while, or lets something pass over its gates.</summary>
    private void Answer()
    {
        var pages = books.Pages.OfType<EnvironmentPage>().ToList();
        if (pages.Count == 0)
            return;
        // Mostly where something waits for a yes.
        var page = pages.Find(page => random.Next(2) == 0 && page.Waiting.Values.Any(line => WaitsForApproval(page, line))) ?? pages[random.Next(pages.Count)];
        Ask(page.Stream, Gate(page));
    }

    /// <summary>The asked one also says yes to what it has seen before, or to what nobody asked for.</summary>
    public EnvironmentInput Gate(EnvironmentPage page)
    {
        var waiting = page.Waiting.Values.FirstOrDefault(line => WaitsForApproval(page, line)) ?? page.Waiting.Values.FirstOrDefault();
        return random.Next(12) switch
        {
            0 => new UnfreezeEnvironment("ada"),
            1 => Freeze(),
            2 or 3 when waiting is not null => new Promote(waiting.Candidate.Run, Person()) { Override = random.Next(2) == 0 ? "It cannot wait." : null },
            _ => new ApproveDeployment(
                waiting?.Number ?? Deployment(page), Person(), random.Next(4) == 0 ? page.Live?.Number ?? 0 : null, random.Next(4) == 0 ? page.SettingsRevision : null),
        };
    }

    private FreezeEnvironment Freeze()
    {
        var from = now().AddMinutes(random.Next(-10, 30));
        return new FreezeEnvironment("ada", "The shop has its sale.", from, from.AddMinutes(random.Next(5, 240)));
    }

    private string Person() => SampleGates.People[random.Next(SampleGates.People.Length)];

    private static bool WaitsForApproval(EnvironmentPage page, DeploymentLine line) =>
        line.IsGated && line.Definition(page.Name)?.Gates.Any(gate => gate is ApprovalGate) == true;

    public ChangeSettings NewSettings() => new(
        OrdinalMap<string?>.Empty.With("LEVEL", random.Next(5) == 0 ? null : $"{random.Next(4)}"), OrdinalMap<bool>.Empty.With("KEY", random.Next(2) == 0), "ada");

    private EnvironmentInput Wish(EnvironmentPage page) => random.Next(14) switch
    {
        12 or 13 => new AdvanceDeployment(page.UnderWay?.Number ?? 1, random.Next(2) == 0, "ada"),
        0 or 1 => new RollBackEnvironment("ada", "It looks wrong.") { To = WayBack(page) },
        2 => new HoldEnvironment("ada", "Lunch."),
        3 or 4 or 5 => new ResumeEnvironment("ada"),
        6 or 7 => new CancelDeployment(Deployment(page), "ada"),
        8 => new Promote(Run(page.Project), "ada"),
        9 => random.Next(3) == 0 ? new StopEnvironment("ada") : new AcceptDeployment(Deployment(page), "ada"),
        _ => NewSettings(),
    };

    /// <summary>Now and then behind several versions; not drawn, so that older seeds go on as they did.</summary>
    private static int? WayBack(EnvironmentPage page) => page.Deployments.Count % 6 != 0 || page.Versions.Count < 3 ? null
        : page.Versions[page.Deployments.Count % page.Versions.Count].Candidate.Run;

    private int Deployment(EnvironmentPage page) =>
        page.UnderWay is { } active && random.Next(2) == 0 ? active.Number : random.Next(1, page.Deployments.Count + 2);

    private int Run(string project) => random.Next(1, ((books.Find(StreamId.OfProject(project)) as ProjectPage)?.Runs ?? 0) + 2);

    private void Push(string project, Shape shape)
    {
        // The first branch that is pushed is the one that deploys.
        var reference = git.CommitOf(project, Main) is null || random.Next(4) != 0 ? Main : Fix;
        if (reference == Fix && git.CommitOf(project, Fix) is not null && random.Next(6) == 0)
        {
            git.Push(project, [(Fix, null, null)]);
            return;
        }

        var commit = Older(project, reference) ?? New();
        var update = (reference, (string?)commit, Samples.Pipeline(random, shape, commit));
        if (random.Next(10) != 0 || reference == Fix)
            git.Push(project, [update]);
        else
            git.Push(project, [update, ("refs/tags/v1", commit, null)]);
    }

    private string? Older(string project, string reference)
    {
        if (random.Next(6) != 0)
            return null;
        for (var i = git.Moved.Count - 1 - random.Next(4); i >= 0; i--)
        {
            if (git.Moved[i].Project == project && (git.Moved[i].Ref != reference || git.Moved[i].Commit != git.CommitOf(project, reference)))
                return git.Moved[i].Commit;
        }

        return null;
    }

    private string New()
    {
        var commit = $"{++commits:x40}";
        if (random.NextDouble() < badness)
            bad.Add(commit);
        return commit;
    }

    private void Upload(string project)
    {
        if (git.CommitOf(project, Main) is not { } commit)
            return;
        Span<byte> bytes = stackalloc byte[32];
        random.NextBytes(bytes);
        var digest = Digest.Of(bytes);
        Ask(StreamId.OfProject(project), new RequestUpload(commit, new Package(digest, digest, digest, 1), "ada"));
    }
}
