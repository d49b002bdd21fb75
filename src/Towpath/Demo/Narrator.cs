using Spectre.Console;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Demo;

/// <summary>Tells what happens: a line for each thing that ended, and in a terminal what is under way.</summary>
internal sealed class Narrator
{
    private readonly HashSet<string> told = [];
    private StatusContext? status;

    /// <summary>A terminal in which a picture can be drawn over the one before.</summary>
    public static bool IsLive => !Console.IsOutputRedirected && Terminal.Out.Profile.Capabilities.Interactive;

    public List<string> Surprises { get; } = [];

    public static void Title(string text)
    {
        Terminal.Line();
        Terminal.Line($"[bold]{Terminal.Text(text)}[/]");
    }

    public static void Say(string text) => Terminal.Line($"  {Terminal.Text(text)}");

    /// <summary>Something that has to be so for the demo to have shown what it claims.</summary>
    public void Expect(bool holds, string what)
    {
        Terminal.Line($"  {(holds ? "[green]✓[/]" : "[red]✗ not so:[/]")} {Terminal.Text(what)}");
        if (!holds)
            Surprises.Add(what);
    }

    /// <summary>Does the work below a line that shows what is under way, where a terminal can.</summary>
    public async Task DuringAsync(string what, Func<Task> work)
    {
        if (!IsLive)
        {
            await work();
            return;
        }

        await Terminal.Out.Status().StartAsync(Terminal.Text(what), async context =>
        {
            status = context;
            await work();
            status = null;
        });
    }

    /// <summary>Tells what is new about a run and its deployments.</summary>
    public void Follow(RunView run, IEnumerable<EnvironmentView> environments, Func<EnvironmentView, DeploymentView?> latest)
    {
        var underWay = new List<string>();
        foreach (var job in run.Jobs ?? [])
        {
            if (job.State is "succeeded" or "failed" or "errored" or "canceled")
            {
                var took = Terminal.Quiet(Times.Took(job.StartedAt, job.FinishedAt));
                Once($"{run.Number}/{job.Name}/{job.Attempt}/{job.State}", $"{Terminal.State(job.State)} job {Terminal.Text(job.Name)} {took}");
            }
            else if (job.State == "running")
                underWay.Add($"{job.Name}: {job.Steps.FirstOrDefault(step => step.State == "running")?.Name ?? "starting"}");
        }

        foreach (var environment in environments)
        {
            if (latest(environment) is not { } deployment)
                continue;
            if (deployment.EndedAt is not null)
                Once(
                    $"{run.Number}/{environment.Name}/{deployment.Number}",
                    $"{Terminal.State(deployment.State)} in {Terminal.Text(environment.Name)} {Terminal.Quiet(deployment.Reason)}");
            else
                underWay.Add($"{environment.Name}: {deployment.State}");
        }

        if (underWay.Count > 0)
            status?.Status(Terminal.Text(string.Join("   ", underWay)));
    }

    private void Once(string key, string markup)
    {
        if (told.Add(key))
            Terminal.Line($"  {markup}");
    }
}
