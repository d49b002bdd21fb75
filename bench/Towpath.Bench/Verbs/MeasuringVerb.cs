using System.CommandLine;
using Towpath.Bench.Machine;
using Towpath.Bench.Measuring;

namespace Towpath.Bench.Verbs;

/// <summary>What all measurements have in common.</summary>
internal static class MeasuringVerb
{
    private static readonly Option<bool> Json = new("--json") { Description = "Write JSON, for scripts" };

    private static readonly Option<bool> OnLoop = new("--on-loop")
    {
        Description = "Put all data on a new ext4 with a journal, in a file (needs root); the temp folder's may have none",
    };

    private static readonly Option<string?> Program = new("--towpath")
    {
        Description = "The command to measure [default: the release build beside this one]",
        HelpName = "FILE",
    };

    /// <param name="measure">Gets the place where everything is to lie, which goes when it returns.</param>
    public static Command Create(
        string name,
        string description,
        IEnumerable<Option> options,
        Func<ParseResult, TowpathProgram, Place, CancellationToken, Task<(IReadOnlyList<Figure>, IReadOnlyList<Target>)>> measure)
    {
        var verb = new Command(name, description) { Json, OnLoop, Program };
        foreach (var option in options)
            verb.Add(option);
        verb.SetAction(async (typed, cancel) =>
        {
            try
            {
                var program = TowpathProgram.Find(typed.GetValue(Program));
                await using var place = await Place.CreateAsync(typed.GetValue(OnLoop), cancel);
                var conditions = Conditions.Read(place.Folder);
                var (figures, targets) = await measure(typed, program, place, cancel);
                return ReportText.Print(new Report(name, conditions, figures, targets), typed.GetValue(Json));
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return 3;
            }
            catch (InvalidOperationException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 3;
            }
        });
        return verb;
    }

    public static Option<int> Count(string name, string description, int usual) => new(name)
    {
        Description = $"{description} [default: {usual}]",
        HelpName = "N",
        DefaultValueFactory = _ => usual,
    };

    /// <summary>How far it is, where it does not get into the report.</summary>
    public static void Say(string text) => Console.Error.WriteLine(text);
}
