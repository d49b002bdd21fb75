using System.Text.Json;
using Towpath.Simulation;
using Towpath.Simulation.Histories;
using Towpath.Simulation.Mutations;

if (args is ["--golden", var folder])
    return GoldenJournal.Write(folder);
var from = Number("--from", 1);
return args.Contains("--mutations") ? RunMutations() : RunSeeds();

int RunSeeds()
{
    var minutes = Number("--minutes", 0);
    var weather = Seeds.Run(
        from, Number("--seeds", minutes > 0 ? int.MaxValue - from : 200), minutes > 0 ? TimeSpan.FromMinutes(minutes) : TimeSpan.MaxValue);
    foreach (var (seed, violation, story) in weather.Broken)
    {
        Console.WriteLine($"seed {seed}: {violation}");
        foreach (var line in story.TakeLast(Number("--story", 60)))
            Console.WriteLine("  " + line);
    }

    foreach (var missing in weather.Marks.Missing)
        Console.WriteLine($"not reached: {missing}");
    if (args.Contains("--marks"))
    {
        foreach (var mark in weather.Marks.Reached)
            Console.WriteLine($"{weather.Marks.Of(mark),10} {mark}");
    }

    var perSecond = (long)(weather.Inputs / weather.Took.TotalSeconds);
    var reached = weather.Marks.Reached.Count();
    Console.WriteLine(args.Contains("--json")
        ? JsonSerializer.Serialize(
            new
            {
                weather.Seeds,
                weather.Inputs,
                InputsPerSecond = perSecond,
                weather.Events,
                weather.Crashes,
                MarksReached = reached,
                MarksTotal = Marks.Count,
                Violations = weather.Broken.Count,
                Seconds = Math.Round(weather.Took.TotalSeconds, 1),
            },
            JsonSerializerOptions.Web)
        : $"{weather.Seeds} seeds, {weather.Inputs} inputs ({perSecond} a second), {weather.Crashes} crashes, {reached} of {Marks.Count} marks, "
            + $"{weather.Broken.Count} violations");
    return weather.Broken.Count == 0 ? 0 : 1;
}

int RunMutations()
{
    var findings = Mutation.All.Select(mutation => Seeds.Find(mutation, from, TimeSpan.FromSeconds(Number("--seconds", 10)))).ToList();
    foreach (var finding in findings)
        Console.WriteLine($"{(finding.Seeds is { } seeds ? $"{seeds} seeds" : "NOT FOUND"),-10} {finding.Seconds,7:0.000} s  {finding.Name}: {finding.By}");
    var found = findings.Count(finding => finding.Seeds is not null);
    Console.WriteLine(args.Contains("--json")
        ? JsonSerializer.Serialize(new { Mutations = findings, Found = found, Total = findings.Count }, JsonSerializerOptions.Web)
        : $"{found} of {findings.Count} found");
    return found == findings.Count ? 0 : 1;
}

int Number(string name, int otherwise)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out var value) ? value : otherwise;
}
