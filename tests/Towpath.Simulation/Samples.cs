using Towpath.Core;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation;

/// <summary>Pipelines that the simulated people push.</summary>
internal static class Samples
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Two jobs, a package, and four environments: two in parallel, one after both, one of a command target after that.</summary>
    /// <param name="commit">Named in the definition, so that a run with another commit's definition is seen.</param>
    public static Pipeline Pipeline(Random random, string commit)
    {
        var queue = random.Next(4) == 0 ? QueueMode.Every : QueueMode.NewestReady;
        return new Pipeline(
            [Job("test", [], random.Next(3), commit), Job("publish", ["test"], 0, commit)],
            new PackageDefinition([new PackagePart("", "publish", "out")]),
            [new ProcessApp("web", "", "./web", "/healthz", Minute, Minute, Minute, 2, true)],
            [
                Place("staging", [], queue, Apps(8081)),
                Place("load-test", [], queue, Apps(8082)),
                Place("production", ["staging", "load-test"], queue, Apps(8080)),
                Place("registry", ["production"], queue, new CommandTarget(
                    Step("publish " + commit), random.Next(3) switch { 0 => UndoMode.None, 1 => UndoMode.Command, _ => UndoMode.Redeploy }, Step("unpublish"), random.Next(2) == 0)),
            ]);
    }

    private static JobDefinition Job(string name, ValueList<string> needs, int retry, string commit) => new(
        name, needs, [Step($"build {commit}")], OrdinalMap<string>.Empty, OrdinalMap<string>.Empty.With("out", "out/"), ValueList<string>.Empty, retry, 10 * Minute);

    private static StepDefinition Step(string run) => new(run, run, OrdinalMap<string>.Empty, 10 * Minute, "sh");

    private static AppsTarget Apps(int port) => new(OrdinalMap<string>.Empty.With("web", $"127.0.0.1:{port}"));

    private static EnvironmentDefinition Place(string name, ValueList<string> after, QueueMode queue, TargetDefinition target) => new(
        name, after, null, OrdinalMap<string>.Empty, ValueList<string>.Empty, ValueList<StepDefinition>.Empty, ValueList<Check>.Empty, target, queue,
        10 * Minute, Minute, 30 * Minute);
}
