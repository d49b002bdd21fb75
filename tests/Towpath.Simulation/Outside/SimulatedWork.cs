using System.Buffers.Binary;
using System.Diagnostics;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Core.Runs;

namespace Towpath.Simulation.Outside;

/// <summary>What comes of a command: the outcome is drawn, the effect is real, and the two need not agree.</summary>
internal sealed class SimulatedWork(Random random, Func<Faults> faults, Marks marks, SimulatedTargets targets)
{
    /// <summary>A version that is no good; an honest check says so.</summary>
    public Func<ReleasePlan, bool> IsBad { get; set; } = _ => false;

    /// <returns>Null: it never answers.</returns>
    public MachineInput? Do(AgentCommand command)
    {
        if (command is CheckRelease or VerifyTarget)
            return Check(command);
        if (command is AskWebhook question)
            return Asked(question);
        // There are many of them in a deployment: if each failed as often as other work, none would go through.
        if (command is SurveyTraffic or MeasureTraffic && random.Next(10) > 0)
            return Counted((StageCommand)command);
        var (outcome, reason) = Draw();
        if (command is RunJob job)
            return Ended(job, outcome, reason);
        if (outcome == Outcome.Succeeded)
            targets.Done(command);
        else if (Strikes(faults().HalfDone))
            Interrupt(command);
        // What must not be repeated and broke half way: nobody knows.
        return outcome == Outcome.Errored && SimulatedTargets.IsOnce(command)
            ? new StageAnswered(command.Id, Outcome.Unknown, "Nobody knows how far it came.")
            : new StageAnswered(command.Id, outcome, reason);
    }

    private StageAnswered Asked(AskWebhook question)
    {
        var drawn = random.Next(10);
        return question.Url == SampleGates.Silent || drawn < 4 ? new StageAnswered(question.Id, Outcome.Errored, "It says: not yet")
            : drawn == 4 ? new StageAnswered(question.Id, Outcome.Failed, "There is an incident.")
            : new StageAnswered(question.Id, Outcome.Succeeded, "");
    }

    private StageAnswered Counted(StageCommand command) => new(command.Id, Outcome.Succeeded, "")
    {
        History = command is SurveyTraffic ? SimulatedTraffic.History(random) : null,
        Traffic = command is MeasureTraffic measure ? SimulatedTraffic.Measure(random, measure, IsBad(measure.Plan)) : null,
        Samples = command is MeasureTraffic asked ? SimulatedTraffic.Samples(random, asked) : [],
    };

    /// <summary>It stopped somewhere in between.</summary>
    public void Interrupt(AgentCommand command)
    {
        if (command is ShiftTraffic or DeployTarget)
            marks.Reach(Mark.HalfDeployed);
        targets.HalfDone(command);
    }

    public PackageAnswered Package(StorePackage store)
    {
        var (outcome, reason) = Draw();
        if (outcome != Outcome.Succeeded)
            return new PackageAnswered(store.Id, outcome, null, reason);
        // Every second commit changes nothing that is run: its app layer is that of the one before it.
        var number = long.Parse(store.Commit, System.Globalization.NumberStyles.HexNumber, null);
        var app = DigestOf(1, store.Project.Length, number / 2);
        var whole = DigestOf(2, store.Project.Length, number);
        return new PackageAnswered(store.Id, outcome, new Package(whole, app, whole, 1), "");
    }

    /// <summary>What an agent says of work that it finds begun and unfinished on its disk.</summary>
    public static MachineInput Interrupted(AgentCommand command) => command is RunJob
        ? Errored(command, "The agent was restarted.")
        : new StageAnswered(command.Id, Outcome.Unknown, "The agent died while it ran, and it must not be started twice.");

    public static MachineInput Errored(AgentCommand command, string reason) => command is RunJob job
        ? Ended(job, Outcome.Errored, reason)
        : new StageAnswered(command.Id, Outcome.Errored, reason);

    private StageAnswered? Check(AgentCommand command)
    {
        if (Strikes(faults().ProbeIsSilent))
        {
            marks.Reach(Mark.ProbeWasSilent);
            return null;
        }

        var isBad = IsBad(((StageCommand)command).Plan);
        var saysBad = isBad;
        if (Strikes(faults().ProbeLies))
        {
            saysBad = !isBad;
            marks.Reach(isBad ? Mark.ProbePassedABadVersion : Mark.ProbeFailedAGoodVersion);
        }

        return saysBad ? new StageAnswered(command.Id, Outcome.Failed, "It is not well.") : new StageAnswered(command.Id, Outcome.Succeeded, "");
    }

    private static AttemptAnswered Ended(RunJob job, Outcome outcome, string reason) => new(job.Id, new JobEnded(
        outcome, reason, ValueList<StepResult>.Empty, null,
        outcome == Outcome.Succeeded
            ? OrdinalMap<StoredOutput>.Empty.With("out", new StoredOutput(DigestOf(3, job.Run, job.Attempt), "out/"))
            : OrdinalMap<StoredOutput>.Empty));

    private (Outcome Outcome, string Reason) Draw()
    {
        var drawn = random.NextDouble();
        return drawn < faults().WorkFails ? (Outcome.Failed, "It said no.")
            : drawn < faults().WorkFails + faults().WorkErrs ? (Outcome.Errored, "It broke.")
            : (Outcome.Succeeded, "");
    }

    private bool Strikes(double probability) => probability > 0 && random.NextDouble() < probability;

    private static Digest DigestOf(long kind, long one, long other)
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteInt64BigEndian(bytes, kind);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], one);
        BinaryPrimitives.WriteInt64BigEndian(bytes[16..], other);
        return Digest.Of(bytes);
    }
}
