using Towpath.Core;
using Towpath.Core.Pipelines;
using Towpath.Simulation.Outside;

namespace Towpath.Simulation;

/// <summary>How the four environments of a project hang together; drawn once for each project.</summary>
internal enum Shape
{
    /// <summary>One after the other.</summary>
    Chain,

    /// <summary>One, then two in parallel, then one after both.</summary>
    Diamond,

    /// <summary>Two first ones, one after both, and one more.</summary>
    Parallel,

    /// <summary>One, and three after it.</summary>
    Fan,
}

/// <summary>Pipelines that the simulated people push.</summary>
internal static class Samples
{
    public static readonly string[] Environments = ["staging", "load-test", "production", "registry"];

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>A first job that is tried again, one after it, a package, and four environments; what varies between commits is drawn.</summary>
    /// <param name="commit">Named in the definition, so that a run with another commit's definition is seen.</param>
    public static Pipeline Pipeline(Random random, Shape shape, string commit)
    {
        var queue = random.Next(4) == 0 ? QueueMode.Every : QueueMode.NewestReady;
        var after = After(shape);
        var places = Environments.Select((name, index) => Place(name, after[index], queue, Target(random, shape, index, commit)))
            .Select(place => random.Next(place.After.Count > 1 ? 3 : place.Target is AppsTarget ? 6 : 40) == 0 ? place with { Gates = SampleGates.Draw(random, place.After.Count) } : place)
            .Select(place => place.Target is AppsTarget && random.Next(12) == 0 ? place with { Rollout = Rollout(random) } : place)
            .Select(place => place.Target is AppsTarget && random.Next(20) == 0 ? place with { Migrations = Migrations(random) } : place);
        // Now and then a commit no longer has the last environment, which then stays as it is.
        var kept = random.Next(12) == 0 ? 3 : 4;
        return new Pipeline(
            [Job("test", [], random.Next(3), commit), Job("publish", ["test"], 0, commit)],
            random.Next(25) == 0 ? null : new PackageDefinition([new PackagePart("", "publish", "out")]),
            [new ProcessApp("web", "", "./web", "/healthz", Minute, Minute, Minute, 2, true)],
            places.Take(kept).ToValueList());
    }

    /// <summary>Environments live on machines of their own; which one never changes.</summary>
    public static string? AgentOf(string environment) => environment switch
    {
        "production" => "east",
        "registry" => "west",
        _ => null,
    };

    private static ValueList<string>[] After(Shape shape) => shape switch
    {
        Shape.Chain => [[], ["staging"], ["load-test"], ["production"]],
        Shape.Diamond => [[], ["staging"], ["staging"], ["load-test", "production"]],
        Shape.Parallel => [[], [], ["staging", "load-test"], ["production"]],
        _ => [[], ["staging"], ["staging"], ["staging"]],
    };

    /// <summary>The last environment is a command's, and in a chain the second too; the rest run apps.</summary>
    private static TargetDefinition Target(Random random, Shape shape, int index, string commit)
    {
        if (index != 3 && (shape != Shape.Chain || index != 1))
            return new AppsTarget(OrdinalMap<string>.Empty.With("web", $"127.0.0.1:{8080 + index}"));
        // The pipeline file allows 'redeploy' only where the command may be repeated.
        var repeatable = random.Next(4) == 0;
        var undo = random.Next(3) switch { 0 => UndoMode.None, 1 => UndoMode.Command, _ => repeatable ? UndoMode.Redeploy : UndoMode.None };
        return new CommandTarget(Step("publish " + commit), undo, undo == UndoMode.Command ? Step("unpublish") : null, repeatable);
    }

    private static RolloutDefinition Rollout(Random random)
    {
        var judge = random.Next(8) switch { 0 or 1 => JudgeKind.Sequential, 2 => JudgeKind.Threshold, 3 => JudgeKind.Kayenta, _ => JudgeKind.None };
        return new(
            [new RolloutStep(0.05, Pause: random.Next(8) == 0), new RolloutStep(0.5, Pause: false)], Sticky: true,
            judge, Alpha: 0.01, Minute / 2, random.Next(1, 20) * Minute, random.Next(2) == 0 ? UndecidedPolicy.Hold : UndecidedPolicy.RollBack)
        {
            Metrics = judge switch
            {
                JudgeKind.None => [],
                JudgeKind.Threshold => [Errors(null), Queue(random)],
                JudgeKind.Kayenta => [Errors(new MetricComparison(WorseWhen.Higher, MissingValues.Wait, [], Critical: true))],
                _ => random.Next(2) == 0 ? [Queue(random)] : [],
            },
            Kayenta = judge == JudgeKind.Kayenta ? new KayentaDefinition(95, 75, OrdinalMap<int>.Empty) : null,
        };
    }

    private static MetricDefinition Errors(MetricComparison? comparison) => new(
        "errors", new RouterFigure(Figure.Errors), comparison is null ? new MetricCondition(Relation.Above, 0.05, OfLive: false) : null, null, Limits(1, 1),
        comparison);

    private static MetricDefinition Queue(Random random) => new(
        "queue", new CommandNumber("./queue-length.sh {{release}}"), new MetricCondition(Relation.Above, SimulatedTraffic.LongQueue, OfLive: false), null,
        Limits(random.Next(1, 6), random.Next(3)));

    private static MetricLimits Limits(int count, int failures) => new(
        TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), count, failures, InconclusiveLimit: 0, ConsecutiveErrorLimit: 3);

    private static MigrationDefinition Migrations(Random random) =>
        new(random.Next(2) == 0 ? Step("expand") : null, Step("contract"), random.Next(1, 120) * Minute);

    private static JobDefinition Job(string name, ValueList<string> needs, int retry, string commit) => new(
        name, needs, [Step($"build {commit}")], OrdinalMap<string>.Empty, OrdinalMap<string>.Empty.With("out", "out/"),
        ValueList<string>.Empty, retry, 10 * Minute);

    private static StepDefinition Step(string run) => new(run, run, OrdinalMap<string>.Empty, 10 * Minute, "sh");

    private static EnvironmentDefinition Place(string name, ValueList<string> after, QueueMode queue, TargetDefinition target) => new(
        name, after, AgentOf(name), OrdinalMap<string>.Empty, ValueList<string>.Empty, ValueList<StepDefinition>.Empty,
        ValueList<Check>.Empty, target, queue, 10 * Minute, Minute, 30 * Minute);
}
