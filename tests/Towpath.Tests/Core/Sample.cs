using System.Security.Cryptography;
using System.Text;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core;

/// <summary>Definitions and bytes to tell stories of machines with: plain defaults, so that a test says only what it is about.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static Digest DigestOf(string content) => Digest.Of(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    public static string CommitOf(int run) => DigestOf($"commit {run}").Hex[..40];

    /// <param name="app">Packages that say the same here have the same app layer.</param>
    public static Package PackageOf(string name, string? app = null) =>
        new(DigestOf(name), DigestOf("app of " + (app ?? name)), DigestOf("deploy of " + name), 1000);

    public static StepDefinition Step(string run) => new(run, run, OrdinalMap<string>.Empty, 10 * Minute, "sh");

    public static JobDefinition Job(string name, ValueList<string>? needs = null, int retry = 0) => new(
        name, needs ?? [], [Step($"./{name}.sh")], OrdinalMap<string>.Empty, OrdinalMap<string>.Empty.With("out", "out/"), [], retry,
        10 * Minute);

    public static AppsTarget Apps { get; } = new(OrdinalMap<string>.Empty.With("web", "127.0.0.1:8080"));

    public static CommandTarget Command(UndoMode undo, bool repeatable = true) =>
        new(Step("./deploy.sh"), undo, undo == UndoMode.Command ? Step("./undo.sh") : null, repeatable);

    public static EnvironmentDefinition Place(
        string name, ValueList<string>? after = null, TargetDefinition? target = null, QueueMode queue = QueueMode.NewestReady) => new(
        name, after ?? [], null, OrdinalMap<string>.Empty, [], [], [], target ?? Apps, queue, 10 * Minute, Minute, 30 * Minute);

    public static RolloutDefinition Rollout() => new(
        [new(0.05, false), new(0.25, false), new(0.5, false)], Sticky: true, JudgeKind.Sequential, Alpha: 0.01, Minute, 30 * Minute,
        UndecidedPolicy.Hold);

    public static Pipeline Pipeline(ValueList<JobDefinition> jobs, params EnvironmentDefinition[] environments) => new(
        jobs, new PackageDefinition([new PackagePart("", jobs.Count > 0 ? jobs[^1].Name : "", "out")]),
        [new ProcessApp("web", "", "./web", "/healthz", Minute, Minute, Minute, 2, true)], environments.ToValueList());

    public static RunRequest Request(int run, Pipeline pipeline, bool deploys = true) => new(
        run, CommitOf(run), deploys ? "refs/heads/main" : "refs/heads/idea", $"Change {run}", run * 10, deploys, pipeline,
        RetryOf: null, Uploaded: null, "push", Noon, HandedOver: false);
}
