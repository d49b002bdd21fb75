using Towpath.Core;
using Towpath.Core.Pipelines;

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
        var repeatable = random.Next(2) == 0;
        var undo = random.Next(3) switch { 0 => UndoMode.None, 1 => UndoMode.Command, _ => repeatable ? UndoMode.Redeploy : UndoMode.None };
        return new CommandTarget(Step("publish " + commit), undo, undo == UndoMode.Command ? Step("unpublish") : null, repeatable);
    }

    private static RolloutDefinition Rollout(Random random) => new(
        [new RolloutStep(0.05, Pause: random.Next(8) == 0), new RolloutStep(0.5, Pause: false)], Sticky: true,
        random.Next(4) > 0 ? JudgeKind.None : JudgeKind.Sequential, Alpha: 0.01, Minute / 2, random.Next(1, 20) * Minute,
        random.Next(2) == 0 ? UndecidedPolicy.Hold : UndecidedPolicy.RollBack);

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
