using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine;

namespace Towpath.Tests.Server;

/// <summary>An agent and a package store that do what the test says: by default everything succeeds at once.</summary>
internal sealed class ScriptedWork : IAdapters
{
    private readonly ConcurrentDictionary<string, Command> begun = [];

    /// <summary>What is answered to a command; null: nothing, it stays under way.</summary>
    public Func<Command, MachineInput?> Script { get; set; } = Succeed;

    public Action<Command, MachineInput> Answer { get; set; } = (_, _) => { };

    public IReadOnlyCollection<string> UnderWay => [.. begun.Keys];

    public void Begin(Command command)
    {
        if (command is ResolvePush || !begun.TryAdd(command.Id, command))
            return;
        if (command is RunJob job)
            Answer(command, new AttemptTaken(job.Id, "local"));
        if (Script(command) is { } answer)
            Answer(command, answer);
    }

    public void Cancel(string commandId) => begun.TryRemove(commandId, out _);

    public static MachineInput? Succeed(Command command) => command switch
    {
        RunJob job => Job(job, Outcome.Succeeded),
        StorePackage store => new PackageAnswered(store.Id, Outcome.Succeeded, PackageOf(store.Commit), ""),
        AgentCommand stage => new StageAnswered(stage.Id, Outcome.Succeeded, ""),
        _ => null,
    };

    public static AttemptAnswered Job(RunJob job, Outcome outcome, string reason = "", TestResults? tests = null)
    {
        var now = DateTimeOffset.UtcNow;
        var status = outcome == Outcome.Succeeded ? StepStatus.Succeeded : StepStatus.Failed;
        var last = job.Job.Steps.Count - 1;
        var steps = job.Job.Steps.Select((step, index) => index < last
            ? new StepResult(step.Name, StepStatus.Succeeded, 0, now.AddSeconds(-5), now.AddSeconds(-4))
            : new StepResult(step.Name, status, status == StepStatus.Succeeded ? 0 : 1, now.AddSeconds(-4), now, reason));
        var outputs = job.Job.Outputs.Select(
            output => KeyValuePair.Create(output.Key, new StoredOutput(DigestOf(job.Id + output.Key), output.Value)));
        return new AttemptAnswered(
            job.Id, new JobEnded(outcome, reason, steps.ToValueList(), tests, OrdinalMap<StoredOutput>.From(outputs)));
    }

    public static Package PackageOf(string commit) =>
        new(DigestOf(commit), DigestOf("app " + commit), DigestOf("deploy " + commit), 4_812_033);

    private static Digest DigestOf(string text) => Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
