using System.Diagnostics;
using System.Text.Json;
using Towpath.Simulation;
using Towpath.Simulation.Histories;

if (args is ["--golden", var folder])
    return GoldenJournal.Write(folder);
var seeds = Number("--seeds", 200);
var from = Number("--from", 1);
if (args.Contains("--mutations"))
    return Mutations();

var watch = Stopwatch.StartNew();
var (inputs, crashes, violations) = (0L, 0L, 0);
for (var seed = from; seed < from + seeds; seed++)
{
    var simulation = new Simulation(seed);
    simulation.Run();
    inputs += simulation.Inputs;
    crashes += simulation.Crashes;
    if (simulation.Violation is not { } violation)
        continue;
    violations++;
    Console.WriteLine($"seed {seed}: {violation}");
    foreach (var line in simulation.Story.TakeLast(Number("--story", 60)))
        Console.WriteLine("  " + line);
}

var perSecond = (long)(inputs / watch.Elapsed.TotalSeconds);
Console.WriteLine(args.Contains("--json")
    ? JsonSerializer.Serialize(new { seeds, inputs, inputsPerSecond = perSecond, crashes, violations })
    : $"{seeds} seeds, {inputs} inputs ({perSecond} a second), {crashes} crashes, {violations} violations");
return violations == 0 ? 0 : 1;

int Mutations()
{
    var results = Mutation.All.Select(mutation => new { mutation.Name, Seeds = SeedsToFind(mutation) }).ToList();
    foreach (var result in results)
        Console.WriteLine($"{(result.Seeds is { } needed ? $"found with seed {needed}" : "NOT FOUND"),-24} {result.Name}");
    var found = results.Count(result => result.Seeds is not null);
    Console.WriteLine(args.Contains("--json")
        ? JsonSerializer.Serialize(new { mutations = results, found, total = results.Count }, JsonSerializerOptions.Web)
        : $"{found} of {results.Count} found");
    return found == results.Count ? 0 : 1;
}

int? SeedsToFind(Mutation mutation)
{
    for (var seed = from; seed < from + seeds; seed++)
    {
        var simulation = new Simulation(seed, mutation);
        simulation.Run();
        if (simulation.Violation is not null)
            return seed;
    }

    return null;
}

int Number(string name, int otherwise)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out var value) ? value : otherwise;
}
