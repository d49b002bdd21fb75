using System.CommandLine;
using Towpath.Simulation.Vectors;
using Command = System.CommandLine.Command;

namespace Towpath.Bench.Verbs;

/// <summary>Holds the statistics of the canary judge against a file of inputs and expected answers.</summary>
internal static class VectorsVerb
{
    private static readonly Argument<string> File = new("FILE") { Description = "As tests/Towpath.Tests/Core/Environments/Analysis/vectors.json" };

    public static Command Create()
    {
        var verb = new Command("vectors", "How many of a file's vectors the statistics match") { File };
        verb.SetAction(typed => Run(typed.GetRequiredValue(File)));
        return verb;
    }

    /// <returns>The exit code: 1 when one does not match, 2 when the file cannot be read.</returns>
    private static int Run(string path)
    {
        try
        {
            var results = VectorFile.Read(path).Select(VectorCheck.Check).ToList();
            foreach (var missed in results.Where(result => !result.Matches))
                Console.WriteLine($"{missed.Vector.Id}: {missed.Difference}");
            Console.WriteLine($"matched {results.Count(result => result.Matches)} of {results.Count}");
            return results.All(result => result.Matches) ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }
}
