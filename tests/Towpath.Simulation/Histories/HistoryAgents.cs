using System.Security.Cryptography;
using System.Text;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;
using Towpath.Engine;

namespace Towpath.Simulation.Histories;

/// <summary>Agents and the package store of a <see cref="History"/>: they answer everything that they are asked but for a little, which its deadline ends.</summary>
internal sealed class HistoryAgents(Random random) : IAdapters
{
    private readonly Dictionary<string, Command> open = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, bool IsTaken)> waiting = new();

    public bool IsIdle => waiting.Count == 0;

    public void Begin(Command command)
    {
        // Whoever pushes says what moved; of some pushes the server has to find it out.
        if (open.TryAdd(command.Id, command) && command is not ResolvePush)
            waiting.Enqueue((command.Id, command is not RunJob));
    }

    public void Cancel(string commandId) => open.Remove(commandId);

    /// <summary>What comes from all of them next, at most one letter a command.</summary>
    public IReadOnlyList<Letter> Answers(DateTimeOffset now)
    {
        var letters = new List<Letter>();
        for (var count = waiting.Count; count > 0; count--)
        {
            var (id, isTaken) = waiting.Dequeue();
            if (!open.TryGetValue(id, out var command))
                continue;
            if (!isTaken)
            {
                waiting.Enqueue((id, true));
                letters.Add(new Letter(StreamId.OfCommand(id), new AttemptTaken(id, "local"), null));
            }
            else if (random.Next(1000) > 0)
            {
                letters.Add(new Letter(StreamId.OfCommand(id), Work(command, now), null));
            }
        }

        return letters;
    }

    public static Digest DigestOf(string text) => Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Now and then only the documentation changed, and what runs is the same.</summary>
    public static Package PackageOf(string commit) => new(
        DigestOf("package " + commit), DigestOf("app " + commit[..^1]), DigestOf("deploy " + commit), 1_000_000 + commit[^1]);

    private MachineInput Work(Command command, DateTimeOffset now) => command switch
    {
        RunJob job => new AttemptAnswered(job.Id, Job(job, now)),
        StorePackage store => random.Next(200) == 0
            ? new PackageAnswered(store.Id, Outcome.Errored, null, "The disk is full.")
            : new PackageAnswered(store.Id, Outcome.Succeeded, PackageOf(store.Commit), ""),
        AskWebhook => random.Next(10) == 0
            ? new StageAnswered(command.Id, Outcome.Errored, "It says: not before lunch")
            : Stage(command, failed: 20, errored: 0),
        SurveyTraffic survey => new StageAnswered(survey.Id, Outcome.Succeeded, "")
        {
            History = new TrafficHistory(400, 100_000, 200, [50_000, 1_000], [10, 80]),
        },
        MeasureTraffic measure => new StageAnswered(measure.Id, Outcome.Succeeded, "")
        {
            Traffic = new TrafficMeasure(measure.Share, new(2_000, random.Next(8), [1_000, 20]), new(2_000, 4, [1_000, 20])) { Seconds = measure.For.TotalSeconds },
            Samples = measure.Metrics.Select(asked => random.Next(20) == 0
                ? new MetricSample(asked.Metric, asked.OfLive, null, "It answered 503.")
                : new MetricSample(asked.Metric, asked.OfLive, random.Next(50), "")).ToValueList(),
        },
        WithdrawRelease or UndoTarget => Stage(command, failed: 30, errored: 10),
        CheckRelease or VerifyTarget => Stage(command, failed: 40, errored: 2),
        DeployTarget { Plan.Definition.Target: CommandTarget } when random.Next(100) == 0 =>
            new StageAnswered(command.Id, Outcome.Unknown, "The agent was restarted while the command ran."),
        _ => Stage(command, failed: 10, errored: 3),
    };

    private JobEnded Job(RunJob job, DateTimeOffset now)
    {
        var drawn = random.Next(1000);
        if (drawn < 5)
            return new JobEnded(Outcome.Errored, "Agent 'local' was lost: nothing was heard of it for 30 s.", [], null, OrdinalMap<StoredOutput>.Empty);
        var failed = drawn < 60;
        var steps = job.Job.Steps.Select((step, index) =>
        {
            var isLast = index == job.Job.Steps.Count - 1;
            var (from, to) = (now - TimeSpan.FromSeconds(20 * (job.Job.Steps.Count - index)), now - TimeSpan.FromSeconds(20 * (job.Job.Steps.Count - index - 1)));
            return failed && isLast
                ? new StepResult(step.Name, StepStatus.Failed, 1, from, to, "It ended with 1.")
                : new StepResult(step.Name, StepStatus.Succeeded, 0, from, to);
        }).ToValueList();
        var tests = job.Job.TestReports.Count == 0 ? null : new TestResults(
            120 + random.Next(40), failed ? 1 : 0, random.Next(3), failed ? [new FailedTest("Cart.Total_is_rounded_once", "Expected 19.99, was 20.00")] : []);
        var outputs = OrdinalMap<StoredOutput>.From(job.Job.Outputs.Select(output =>
            KeyValuePair.Create(output.Key, new StoredOutput(DigestOf($"{job.Commit} {output.Key}"), output.Value))));
        return failed
            ? new JobEnded(Outcome.Failed, $"Step '{job.Job.Steps[^1].Name}' ended with 1.", steps, tests, OrdinalMap<StoredOutput>.Empty)
            : new JobEnded(Outcome.Succeeded, "", steps, tests, outputs);
    }

    /// <param name="failed">Of a thousand; as <paramref name="errored"/>.</param>
    private StageAnswered Stage(Command command, int failed, int errored)
    {
        var drawn = random.Next(1000);
        return drawn < failed ? new StageAnswered(command.Id, Outcome.Failed, "Instance web/0 is not healthy: 503 after 20 s.")
            : drawn < failed + errored ? new StageAnswered(command.Id, Outcome.Errored, "The disk is full.")
            : new StageAnswered(command.Id, Outcome.Succeeded, "");
    }
}
