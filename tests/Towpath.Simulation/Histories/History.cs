using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;
using Towpath.Engine.Journal;

namespace Towpath.Simulation.Histories;

/// <summary>
/// A long history as a company makes it, by driving the real machines over a journal: people push, agents work, versions go
/// live and back. There is no storm in it, as in <see cref="Simulation"/>; it is quick, and the same for the same seed.
/// </summary>
public sealed class History
{
    private const string Person = "ada";
    // Among hundreds of projects somebody always wants something: a round would have no end.
    private const int LastStepOfDeeds = 40;
    private readonly IJournal journal;
    private readonly Loop loop;
    private readonly HistoryAgents agents;
    private readonly Random random;
    private readonly IReadOnlyList<Author> authors;

    /// <param name="projects">How many; they are interleaved.</param>
    /// <param name="busy">How often people do other things than to push, in percent of the pushes.</param>
    /// <param name="alike">All have the pipeline with three environments.</param>
    public History(IJournal journal, int seed, int projects, int busy = 12, bool alike = false)
    {
        this.journal = journal;
        random = new Random(seed);
        agents = new HistoryAgents(random);
        loop = new Loop(journal, agents, Rules.OfFlow) { Changed = (stream, state) => Changed?.Invoke(stream, state) };
        authors = [.. Enumerable.Range(0, projects).Select(index => new Author(random, index, busy, alike ? 0 : index))];
    }

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 8, 0, 0, TimeSpan.Zero);

    /// <summary>As <see cref="Loop.Changed"/>.</summary>
    public Action<StreamId, MachineState>? Changed { get; set; }

    public static IEnumerable<string> StreamsIn(IJournal journal) =>
        from project in journal.List("", int.MaxValue)
        from stream in new[] { project }
            .Concat(journal.List($"{project.Stream}/environments/", int.MaxValue))
            .Concat(journal.List($"{project.Stream}/runs/", int.MaxValue))
        select stream.Stream;

    /// <summary>Goes on until the journal has that many events, and a few more: what is under way comes to its end.</summary>
    public void GrowTo(long events)
    {
        while (journal.LastSequence < events)
            Round();
    }

    /// <summary>
    /// What happens once in years: a time zone is renamed that a schedule names, an old run is collected, and a backup is restored.
    /// Then things go on.
    /// </summary>
    public void LiveThroughRareDays()
    {
        Take([.. authors.Select(author => author.RenameZone()).SelectMany(push => new[] { push.Announce, push.Settle })]);
        Take([.. authors.Select(author => author.CollectFirst())]);
        Take([.. authors.SelectMany(author => author.Restore(loop))]);
        for (var round = 0; round < 5; round++)
            Round();
    }

    /// <summary>One push or another deed in each project, and all that follows of them.</summary>
    private void Round()
    {
        Now += TimeSpan.FromSeconds(random.Next(60, 1800));
        if (loop.Due(Now) is { Count: > 0 } due)
            Take(due);
        var pushes = authors.Select(author => author.Push()).ToList();
        Take([.. pushes.Select(push => push.Announce)]);
        Now += TimeSpan.FromSeconds(1);
        Take([.. pushes.Select(push => push.Settle)]);
        Take([.. authors.SelectMany(author => author.Deeds(loop, Now))]);
        // What is asked for while others work comes at the worst moments, too.
        for (var step = 0; !agents.IsIdle; step++)
        {
            Now += TimeSpan.FromSeconds(random.Next(5, 60));
            Take(agents.Answers(Now));
            if (step is 3 or 8 || (step is > 8 and <= LastStepOfDeeds && step % 4 == 0))
                Take([.. authors.SelectMany(author => author.Deeds(loop, Now))]);
        }
    }

    private void Take(IReadOnlyList<Letter> letters)
    {
        if (letters.Count > 0)
            loop.Process(letters, Now);
    }

    /// <summary>The people of one project.</summary>
    private sealed class Author(Random random, int index, int busy, int kind)
    {
        private const string Main = "refs/heads/main";
        private const int PushesAnEdition = 30;
        private static readonly string[] Names = ["shop", "library", "site"];
        private readonly string project = Names[index % Names.Length] + (index < Names.Length ? "" : $"{1 + (index / Names.Length)}");
        private readonly Dictionary<string, string> heads = new(StringComparer.Ordinal);
        private Pipeline pipeline = HistoryPipelines.Of(kind, 1);
        private int pushes;

        public (Letter Announce, Letter Settle) Push()
        {
            if (++pushes % PushesAnEdition == 0)
                pipeline = HistoryPipelines.Of(kind, 1 + (pushes / PushesAnEdition));
            // Two or three branches beside the main one live for a while.
            return Push(heads.Count > 0 && random.Next(5) == 0 ? $"refs/heads/idea-{(pushes / 20) + random.Next(2)}" : Main);
        }

        private (Letter Announce, Letter Settle) Push(string reference)
        {
            var commit = HistoryAgents.DigestOf($"{project} {pushes}").Hex[..40];
            var change = new RefChange(reference, heads.GetValueOrDefault(reference), commit, $"Change {pushes} of the {Names[index % 3]}", pipeline);
            heads[reference] = commit;
            ValueList<RefChange> changes = heads.Keys.FirstOrDefault(head => head != Main && head != reference && random.Next(10) == 0) is { } done
                ? [change, Delete(done)]
                : [change];
            var id = $"{index}-{pushes}";
            // One in a hundred is given up before git moves anything.
            ValueList<string> moved = random.Next(100) == 0 ? [] : changes.Select(one => one.Ref).ToValueList();
            return (Letter(new AnnouncePush(id, changes)), Letter(new SettlePush(id, moved)));
        }

        /// <summary>A push whose schedule no database of time zones knows any more.</summary>
        public (Letter Announce, Letter Settle) RenameZone()
        {
            var before = pipeline;
            pushes++;
            pipeline = pipeline with { Schedules = [new Schedule("0 4 * * *", "Europe/Nowhere")] };
            var push = Push(Main);
            pipeline = before;
            return push;
        }

        public Letter CollectFirst() => new(StreamId.OfRun(project, 1), new CollectRun(), null);

        public IEnumerable<Letter> Restore(Loop loop)
        {
            yield return Letter(new RestoreProject(1000));
            foreach (var stream in pipeline.Environments.Select(definition => StreamId.OfEnvironment(project, definition.Name)))
            {
                if (loop.Read(stream) is not null)
                    yield return new Letter(stream, new RestoreEnvironment("Restored from a backup."), null);
            }
        }

        /// <summary>What people do beside: mostly nothing.</summary>
        public IEnumerable<Letter> Deeds(Loop loop, DateTimeOffset now)
        {
            foreach (var definition in pipeline.Environments)
            {
                var stream = StreamId.OfEnvironment(project, definition.Name);
                if (loop.Read(stream) is EnvironmentState state && Deed(state, now) is { } deed)
                    yield return new Letter(stream, deed, null);
            }

            if (random.Next(100) < busy && loop.Read(StreamId.OfProject(project)) is ProjectState { Requests: [.., var last] })
                yield return Ask(last);
        }

        private EnvironmentInput? Deed(EnvironmentState state, DateTimeOffset now) => state switch
        {
            { Active: { Status: DeploymentStatus.NeedsDecision } open } => open.Kind == DeploymentKind.Stop || random.Next(2) == 0
                ? new CancelDeployment(open.Number, Person) : new AcceptDeployment(open.Number, Person),
            { Active: { Status: DeploymentStatus.Paused } paused } => new AdvanceDeployment(paused.Number, ToEnd: random.Next(4) == 0, Person),
        { Hold: not null } => random.Next(4) == 0 ? new ResumeEnvironment(Person) : null,
            // In working hours, people look at what waits for them.
            _ when state.Waiting.FirstOrDefault(waiting => Gates.Missing(state, waiting, now).Any(gate => gate.Gate is ApprovalGate)) is { } waiting
                && random.Next(4) == 0 => new ApproveDeployment(waiting.Number, Person, null, null),
            _ when random.Next(500) >= busy => null,
            { Stopped: true } => new RollBackEnvironment(Person, "It is wanted again."),
            { Freezes: [.., var freeze] } when freeze.Includes(now) => new UnfreezeEnvironment(Person),
            _ => random.Next(13) switch
            {
                12 => new FreezeEnvironment(Person, "The sale ends tonight.", now, now.AddHours(6)),
                < 4 => new RollBackEnvironment(Person, "The cart loses items."),
                4 => new HoldEnvironment(Person, "The sale ends tonight."),
                5 or 6 => new ChangeSettings(
                    OrdinalMap<string?>.Empty.With("LEVEL", $"{random.Next(5)}"), OrdinalMap<bool>.Empty.With("API_KEY", random.Next(2) == 0), Person),
                7 when state.Deployments is [.., var newest] => new CancelDeployment(newest.Number, Person),
                8 or 9 when state.Deployments is [var oldest, ..] => new Promote(oldest.Candidate.Run, Person),
                10 => new StopEnvironment(Person),
                _ => new HoldEnvironment(Person, "Lunch."),
            },
        };

        private Letter Ask(RunRequest last) => random.Next(4) switch
        {
            0 => new Letter(StreamId.OfRun(project, last.Number), new CancelRun(Person), null),
            1 => Letter(new RequestUpload(last.Commit, HistoryAgents.PackageOf(last.Commit), "another CI")),
            _ => Letter(new RequestRetry(last.Number, Person)),
        };

        private RefChange Delete(string reference)
        {
            heads.Remove(reference, out var old);
            return new RefChange(reference, old, null, "", null);
        }

        private Letter Letter(ProjectInput input) => new(StreamId.OfProject(project), input, null);
    }
}
