namespace Towpath.Simulation;

/// <summary>
/// How often things go wrong in one seed; drawn by the seed itself, so that calm and stormy weather both occur.
/// Probabilities from 0 to 1, each of one occasion: a write, a command, an answer, a push.
/// </summary>
internal sealed record Faults
{
    public static Faults None { get; } = new();

    /// <summary>The server dies with a batch decided and not stored.</summary>
    public double CrashBeforeAppend { get; init; }

    /// <summary>It dies while it writes: the batch is there whole or not at all, and what is torn has to be cut.</summary>
    public double CrashInAppend { get; init; }

    /// <summary>It dies with a batch stored and neither acted upon nor acknowledged.</summary>
    public double CrashAfterAppend { get; init; }

    /// <summary>It dies between two things that it does outside.</summary>
    public double CrashWhileActing { get; init; }

    /// <summary>The disk is full, for a while; the server lives on.</summary>
    public double WriteFails { get; init; }

    /// <summary>A write takes seconds: inputs pile up behind it.</summary>
    public double WriteIsSlow { get; init; }

    /// <summary>An agent dies when a command reaches it.</summary>
    public double AgentDies { get; init; }

    /// <summary>An agent loses its connection and works on.</summary>
    public double AgentGoes { get; init; }

    /// <summary>Work never ends by itself.</summary>
    public double WorkHangs { get; init; }

    /// <summary>An answer takes hours.</summary>
    public double AnswerIsLate { get; init; }

    /// <summary>An answer comes again, perhaps much later.</summary>
    public double AnswerIsRepeated { get; init; }

    /// <summary>The work says no.</summary>
    public double WorkFails { get; init; }

    /// <summary>The machinery says no.</summary>
    public double WorkErrs { get; init; }

    /// <summary>What did not succeed has moved something all the same.</summary>
    public double HalfDone { get; init; }

    /// <summary>A check says yes to a bad version, or no to a good one.</summary>
    public double ProbeLies { get; init; }

    /// <summary>A check never answers.</summary>
    public double ProbeIsSilent { get; init; }

    /// <summary>The word that a push moved its refs does not come; the repository has to be asked.</summary>
    public double SettleIsLost { get; init; }

    /// <summary>A push is cut off before git moved anything.</summary>
    public double PushIsCutOff { get; init; }

    /// <summary>The server's clock jumps when somebody looks.</summary>
    public double ClockJumps { get; init; }

    /// <summary>Somebody does the worst thing right after something interesting.</summary>
    public double Ambush { get; init; }

    public static Faults Draw(Random random)
    {
        var strength = random.NextDouble() * random.NextDouble() * 2;
        return new Faults
        {
            CrashBeforeAppend = Rate(0.003),
            CrashInAppend = Rate(0.003),
            CrashAfterAppend = Rate(0.003),
            CrashWhileActing = Rate(0.003),
            WriteFails = Rate(0.02),
            WriteIsSlow = Rate(0.1),
            AgentDies = Rate(0.05),
            AgentGoes = Rate(0.05),
            WorkHangs = Rate(0.05),
            AnswerIsLate = Rate(0.1),
            AnswerIsRepeated = Rate(0.5),
            WorkFails = Rate(0.3),
            WorkErrs = Rate(0.2),
            HalfDone = Rate(1),
            ProbeLies = Rate(0.5),
            ProbeIsSilent = Rate(0.1),
            SettleIsLost = Rate(0.5),
            PushIsCutOff = Rate(0.2),
            ClockJumps = Rate(0.05),
            Ambush = 0.2 * random.NextDouble(),
        };

        double Rate(double most) => random.Next(3) == 0 ? 0 : Math.Min(1, most * strength * random.NextDouble() * 2);
    }
}
