using System.Security.Cryptography;
using System.Text;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine;

namespace Towpath.Simulation;

/// <summary>
/// Agents, targets, the package store and git: idempotent on a command's id as the real ones are, and as unreliable as
/// the seed says. It survives the server's crashes.
/// </summary>
internal sealed class SimulatedOutside(Random random, Agenda agenda, Func<Faults> faults, Action<StreamId, MachineInput> post) : IAdapters
{
    private readonly Dictionary<string, MachineInput> answers = new(StringComparer.Ordinal);
    private readonly HashSet<string> underWay = new(StringComparer.Ordinal);

    /// <summary>What each environment's traffic really goes to; null: nothing.</summary>
    public Dictionary<string, string?> Traffic { get; } = new(StringComparer.Ordinal);

    /// <summary>Refs that a push moved, by push id: the reflog.</summary>
    public Dictionary<string, ValueList<string>> Reflog { get; } = new(StringComparer.Ordinal);

    /// <summary>Pushes that are still under way, so that their fate is open.</summary>
    public HashSet<string> OpenPushes { get; } = new(StringComparer.Ordinal);

    /// <summary>Told of every command, at the moment it is given.</summary>
    public Action<Command>? Begun { get; set; }

    /// <summary>Told of every command that has its answer, before the answer is on its way.</summary>
    public Action<string>? Answered { get; set; }

    public void Begin(Command command)
    {
        Begun?.Invoke(command);
        if (answers.TryGetValue(command.Id, out var known))
        {
            Answer(command.Id, known);
            return;
        }

        if (!underWay.Add(command.Id))
            return;
        if (command is RunJob)
            agenda.In(Delay(5), () => Say(command.Id, new AttemptTaken(command.Id, "agent")));
        if (command is AgentCommand && random.NextDouble() < faults().Stalls)
        {
            // A dead agent: its work ends when it is begun again after it came back, or never.
            agenda.In(TimeSpan.FromMinutes(20), () => underWay.Remove(command.Id));
            return;
        }

        agenda.In(Delay(120), () => Finish(command));
    }

    public void Cancel(string commandId) => underWay.Remove(commandId);

    private void Finish(Command command)
    {
        // A canceled one may have been finished before it heard of it.
        var wasWanted = underWay.Remove(command.Id);
        if (!wasWanted && random.Next(2) == 0)
            return;
        if (command is ResolvePush open && OpenPushes.Contains(open.PushId))
        {
            underWay.Add(command.Id);
            agenda.In(Delay(30), () => Finish(command));
            return;
        }

        // Effects of what is not wanted any more are the agent's to prevent: it ends the process tree first.
        var answer = Work(command, hasEffect: wasWanted);
        answers[command.Id] = answer;
        Answer(command.Id, answer);
    }

    private void Answer(string commandId, MachineInput answer)
    {
        Answered?.Invoke(commandId);
        if (random.NextDouble() < faults().AnswerLost)
            agenda.In(Delay(600), () => Say(commandId, answer));
        else
            Say(commandId, answer);
        if (random.NextDouble() < faults().AnswerRepeated)
            agenda.In(Delay(7200), () => Say(commandId, answer));
    }

    private void Say(string commandId, MachineInput input) => agenda.In(Delay(1), () => post(StreamId.OfCommand(commandId), input));

    private MachineInput Work(Command command, bool hasEffect)
    {
        var (outcome, reason) = Draw();
        switch (command)
        {
            case RunJob job:
                return new AttemptAnswered(job.Id, new JobEnded(
                    outcome, reason, ValueList<StepResult>.Empty, null,
                    outcome == Outcome.Succeeded ? OrdinalMap<StoredOutput>.Empty.With("out", new StoredOutput(DigestOf(job.Commit), "out/")) : OrdinalMap<StoredOutput>.Empty));
            case StorePackage store:
                var digest = DigestOf(store.Commit + store.Outputs["publish.out"].Archive);
                return new PackageAnswered(store.Id, outcome, outcome == Outcome.Succeeded ? new Package(digest, digest, digest, 1) : null, reason);
            case ResolvePush resolve:
                return new SettlePush(resolve.PushId, Reflog.GetValueOrDefault(resolve.PushId) ?? ValueList<string>.Empty);
            case ShiftTraffic shift:
                // Half done when it fails: some of the traffic has moved.
                if (hasEffect && (outcome == Outcome.Succeeded || random.Next(2) == 0))
                    Traffic[Place(shift.Plan)] = shift.Plan.Release;
                return new StageAnswered(shift.Id, outcome, reason);
            case WithdrawRelease withdraw:
                if (hasEffect && outcome == Outcome.Succeeded && (withdraw.BackTo is not null || Traffic.GetValueOrDefault(Place(withdraw.Plan)) == withdraw.Plan.Release))
                    Traffic[Place(withdraw.Plan)] = withdraw.BackTo;
                return new StageAnswered(withdraw.Id, outcome, reason);
            case DeployTarget deploy:
                if (hasEffect && (outcome == Outcome.Succeeded || random.Next(2) == 0))
                    Traffic[Place(deploy.Plan)] = deploy.Plan.Release;
                var fate = outcome == Outcome.Errored && deploy.Plan.Definition.Target is Core.Pipelines.CommandTarget { Repeatable: false } ? Outcome.Unknown : outcome;
                return new StageAnswered(deploy.Id, fate, reason);
            case UndoTarget undo:
                if (hasEffect && outcome == Outcome.Succeeded)
                    Traffic[Place(undo.Plan)] = undo.Previous?.Release;
                return new StageAnswered(undo.Id, outcome, reason);
            case AgentCommand agent:
                return new StageAnswered(agent.Id, outcome, reason);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private (Outcome Outcome, string Reason) Draw()
    {
        var drawn = random.NextDouble();
        return drawn < faults().WorkFails ? (Outcome.Failed, "It said no.")
            : drawn < faults().WorkFails + faults().WorkErrs ? (Outcome.Errored, "It broke.")
            : (Outcome.Succeeded, "");
    }

    private TimeSpan Delay(int seconds) => TimeSpan.FromMilliseconds(random.Next(1, seconds * 1000));

    private static string Place(ReleasePlan plan) => $"{plan.Project}/{plan.Environment}";

    private static Digest DigestOf(string text) => Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
