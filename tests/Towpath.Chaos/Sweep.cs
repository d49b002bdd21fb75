using System.Globalization;

namespace Towpath.Chaos;

/// <summary>
/// One journey in which nobody dies tells how many failpoints a process crosses; then there is a journey for each of them, in
/// which the process is killed there.
/// </summary>
/// <param name="say">Gets a line for everything that happens.</param>
internal sealed class Sweep(Report report, Action<string> say) : IAsyncDisposable
{
    /// <summary>Then a fresh folder: what many journeys leave behind would make the later ones slower.</summary>
    private const int JourneysOnOneMachine = 20;

    /// <summary>Apps of another sweep on this machine are told apart by their projects' names.</summary>
    private readonly string name = $"c{Environment.ProcessId}";
    private Machine? machine;
    private int onThisMachine;
    private int journeys;

    /// <summary>Who can be told to die at a crossing. The hook is the sh that git runs.</summary>
    public static IReadOnlyList<string> Processes { get; } = ["server", "agent", "router", "hook"];

    /// <summary>No journey follows the one that is under way.</summary>
    public bool IsLast { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (machine is not null)
            await machine.DisposeAsync();
    }

    /// <summary>From one crossing on, every so many, until the journey ends before the process came to the one it should die at.</summary>
    /// <param name="most">Journeys at most.</param>
    public async Task EverywhereAsync(string process, int from, int every, int most)
    {
        var counted = (await JourneyAsync(process, 0)).Count;
        say($"{process}: {counted} crossings in a journey in which it is not killed");
        for (var (n, left) = (from, most); left > 0 && !IsLast; (n, left) = (n + every, left - 1))
        {
            var crossed = await JourneyAsync(process, n);
            if (crossed.Count < n && n > counted)
                return;
        }
    }

    /// <summary>Kills the server at moments that a seed draws from the time that a journey takes.</summary>
    public async Task AtRandomAsync(int times, int seed)
    {
        var random = new Random(seed);
        for (var time = 1; time <= times && !IsLast; time++)
        {
            var on = await MachineAsync();
            on.Crossings.Begin(null, 0);
            var after = TimeSpan.FromMilliseconds(random.Next(50, 4000));
            using var timer = TimeProvider.System.CreateTimer(_ => on.Kill("server"), null, after, Timeout.InfiniteTimeSpan);
            await TravelAsync(on, "server", null, string.Create(CultureInfo.InvariantCulture, $"server after {after.TotalSeconds:0.000} s"));
        }
    }

    /// <summary>Each way in a journey of its own.</summary>
    public async Task WaysBackAsync(IEnumerable<WayBack> ways)
    {
        foreach (var way in ways.TakeWhile(_ => !IsLast))
        {
            var on = await MachineAsync();
            on.Crossings.Begin(null, 0);
            using var journey = new WayBackJourney(on, way, $"{name}-{++journeys}");
            onThisMachine++;
            var began = TimeProvider.System.GetTimestamp();
            var broken = "";
            try
            {
                await journey.RunAsync();
            }
            catch (BrokenPromiseException e)
            {
                broken = e.Message;
            }

            var took = TimeProvider.System.GetElapsedTime(began);
            report.Add(way.Killed ?? "", new JourneyResult(broken, took, null, 0));
            await TellAsync(on, way.ToString(), broken, string.Create(CultureInfo.InvariantCulture, $"after {took.TotalSeconds:0.0} s"));
        }
    }

    /// <returns>What the process crossed.</returns>
    public async Task<IReadOnlyList<string>> JourneyAsync(string process, int n)
    {
        var on = await MachineAsync();
        on.Crossings.Begin(n == 0 ? null : process, n);
        IReadOnlyList<string> crossed = [];
        await TravelAsync(on, process, process == "hook" ? null : process, () =>
        {
            crossed = on.Crossings.Of(process);
            var died = n > 0 && crossed.Count >= n && !on.Crossings.IsArmed;
            report.Crossings += died ? 1 : 0;
            return died ? $"{process} {n} {crossed[n - 1]}" : n > 0 ? $"{process} {n} not reached" : $"{process} lives";
        });
        return crossed;
    }

    private Task TravelAsync(Machine on, string process, string? replaced, string title) => TravelAsync(on, process, replaced, () => title);

    private async Task TravelAsync(Machine on, string process, string? replaced, Func<string> title)
    {
        using var journey = new Journey(on, $"{name}-{++journeys}");
        onThisMachine++;
        var named = "";
        var result = await journey.RunAsync(process, replaced, () => named = title());
        report.Add(process, result);
        var gap = result.Load is { GapMs: > 0 } load
            ? string.Create(CultureInfo.InvariantCulture, $", {load.Failed} requests failed in {load.GapMs:0} ms") : "";
        var again = result.BrokenPushes > 0 ? $", {result.BrokenPushes} pushes made again" : "";
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{result.Took.TotalSeconds:0.0} s");
        await TellAsync(on, named, result.Broken, $"after {seconds}{gap}{again}");
    }

    /// <summary>What is broken is left for people to look at, and the next journey has another machine.</summary>
    private async Task TellAsync(Machine on, string title, string broken, string more)
    {
        say($"{title,-40} {(broken.Length == 0 ? "right" : "BROKEN")} {more}");
        if (broken.Length == 0)
            return;
        say($"  {broken}");
        say($"  everything lies in {on.Data} and {on.Said}");
        await on.LeaveAsync();
        machine = null;
    }

    private async Task<Machine> MachineAsync()
    {
        if (machine is not null && onThisMachine >= JourneysOnOneMachine)
        {
            await machine.DisposeAsync();
            machine = null;
        }

        if (machine is null)
        {
            machine = await Machine.StartAsync();
            onThisMachine = 0;
        }

        await machine.ReadyAsync();
        return machine;
    }
}
