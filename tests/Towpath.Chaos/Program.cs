using System.Globalization;
using System.Runtime.InteropServices;
using Towpath.Chaos;

string[] options = ["--process", "--every", "--from", "--most", "--random", "--seed"];
var (process, every, from, most) = (Text("--process", "all"), Number("--every", 1), Number("--from", 1), Number("--most", int.MaxValue));
string[] known = [.. Sweep.Processes, "random", "all", "disk", "ways-back"];
var unknown = args.Where((word, at) => word != "--json" && !options.Contains(word) && (at == 0 || !options.Contains(args[at - 1]))).ToList();
if (unknown.Count > 0 || !known.Contains(process) || every < 1 || from < 1)
{
    Console.Error.WriteLine($"""
        usage: Towpath.Chaos [--process {string.Join('|', known)}] [--every K] [--from N] [--most N] [--random N] [--seed N] [--json]
        Kills a process at each of its failpoints, in a journey of its own, and looks whether every promise is kept.
        'disk' lets the disk fail with EIO instead; it takes root. 'ways-back' takes deployments back in every way, and kills meanwhile.
        """);
    return 2;
}

if (process == "disk")
    return await DiskAsync();
var report = new Report();
await using (var sweep = new Sweep(report, Console.WriteLine))
{
    // What was begun is ended first, and so are all that were started.
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    void End(PosixSignalContext signal) => signal.Cancel = sweep.IsLast = true;

    if (process is "ways-back" or "all")
        await sweep.WaysBackAsync(WayBack.All);
    foreach (var each in Sweep.Processes.Where(each => process == "all" || process == each))
        await sweep.EverywhereAsync(each, from, every, most);
    // At any moment, also where no failpoint is.
    var random = Number("--random", process is "server" or "random" or "all" ? 10 : 0);
    await sweep.AtRandomAsync(random, Number("--seed", 1));
}

Console.WriteLine(report.Line(process, args.Contains("--json")));
return report.IsRight ? 0 : 1;

static async Task<int> DiskAsync()
{
    try
    {
        await new DiskJourney(Console.WriteLine).RunAsync();
        return 0;
    }
    catch (BrokenPromiseException e)
    {
        Console.WriteLine($"BROKEN: {e.Message}");
        return 1;
    }
}

string Text(string name, string otherwise) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : otherwise;

int Number(string name, int otherwise) =>
    int.TryParse(Text(name, ""), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
