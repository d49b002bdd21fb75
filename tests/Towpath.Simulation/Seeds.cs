using System.Diagnostics;
using Towpath.Simulation.Mutations;

namespace Towpath.Simulation;

/// <summary>What a number of seeds came to.</summary>
public sealed class Weather
{
    public int Seeds { get; private set; }

    public long Inputs { get; private set; }

    public long Events { get; private set; }

    public long Crashes { get; private set; }

    public TimeSpan Took { get; internal set; }

    public Marks Marks { get; } = new();

    /// <summary>Seeds that broke a promise.</summary>
    public List<(int Seed, string Violation, IReadOnlyList<string> Story)> Broken { get; } = [];

    internal void Add(int seed, Simulation simulation)
    {
        Seeds++;
        Inputs += simulation.Inputs;
        Events += simulation.Events;
        Crashes += simulation.Crashes;
        Marks.Add(simulation.Marks);
        if (simulation.Violation is { } violation)
            Broken.Add((seed, violation, simulation.Story));
    }
}

/// <summary>Many seeds on all processors; each alone on one thread and the same every time.</summary>
public static class Seeds
{
    /// <summary>A broken promise is rarely alone; the first ones are enough to read.</summary>
    private const int BrokenAtMost = 10;

    /// <param name="count">At most so many.</param>
    /// <param name="atMost">No seed is begun after this time.</param>
    public static Weather Run(int from, int count, TimeSpan atMost)
    {
        var watch = Stopwatch.StartNew();
        var weather = new Weather();
        var next = from - 1;
        var threads = Enumerable.Range(0, System.Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (watch.Elapsed < atMost && Interlocked.Increment(ref next) is var seed && seed < (long)from + count)
            {
                var simulation = new Simulation(seed);
                simulation.Run();
                lock (weather)
                {
                    weather.Add(seed, simulation);
                    if (weather.Broken.Count >= BrokenAtMost)
                        return;
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        weather.Took = watch.Elapsed;
        weather.Broken.Sort((one, other) => one.Seed.CompareTo(other.Seed));
        return weather;
    }

    /// <returns>How many seeds it took until the broken machine was found; null: it was not.</returns>
    public static Finding Find(Mutation mutation, int from, TimeSpan atMost)
    {
        var watch = Stopwatch.StartNew();
        for (var seed = from; watch.Elapsed < atMost; seed++)
        {
            var simulation = new Simulation(seed, mutation);
            simulation.Run();
            if (simulation.Violation is { } violation)
                return new Finding(mutation.Name, seed - from + 1, Math.Round(watch.Elapsed.TotalSeconds, 3), violation);
        }

        return new Finding(mutation.Name, null, Math.Round(watch.Elapsed.TotalSeconds, 3), null);
    }
}

/// <param name="Seeds">Tried until it was found; null: it was not.</param>
/// <param name="By">The promise that it broke.</param>
public sealed record Finding(string Name, int? Seeds, double Seconds, string? By);
