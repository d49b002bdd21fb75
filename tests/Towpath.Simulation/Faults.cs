namespace Towpath.Simulation;

/// <summary>How often things go wrong in one seed; drawn by the seed itself, so that calm and stormy weather both occur. Probabilities from 0 to 1.</summary>
/// <param name="CrashBeforeAppend">The server dies with a batch decided and not stored.</param>
/// <param name="CrashAfterAppend">It dies with a batch stored and not acted upon.</param>
/// <param name="AppendFails">The journal refuses a write; the server lives on.</param>
/// <param name="AnswerLost">Until the command is begun again or repeated by the agent.</param>
/// <param name="AnswerRepeated">The same answer comes again, perhaps much later.</param>
/// <param name="WorkFails">The work says no.</param>
/// <param name="WorkErrs">The machinery says no.</param>
/// <param name="Stalls">An agent never answers by itself: a deadline has to end it.</param>
/// <param name="SettleLost">The word that a push moved its refs does not come; the repository has to be asked.</param>
internal sealed record Faults(
    double CrashBeforeAppend,
    double CrashAfterAppend,
    double AppendFails,
    double AnswerLost,
    double AnswerRepeated,
    double WorkFails,
    double WorkErrs,
    double Stalls,
    double SettleLost)
{
    public static Faults None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0);

    public static Faults Draw(Random random)
    {
        var strength = random.NextDouble() * random.NextDouble();
        return new Faults(
            Rate(0.05), Rate(0.05), Rate(0.05), Rate(0.3), Rate(0.5), Rate(0.5), Rate(0.2), Rate(0.1), Rate(0.5));

        double Rate(double most) => random.Next(3) == 0 ? 0 : most * strength * random.NextDouble() * 2;
    }
}
