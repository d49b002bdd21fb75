using Spectre.Console;
using Towpath.Engine.Views;

namespace Towpath.Output;

/// <summary>An environment as people read it.</summary>
internal static class EnvironmentText
{
    public const int HistoryAtMost = 10;

    public static void Write(EnvironmentView environment)
    {
        Terminal.Line($"[bold]{Terminal.Text(environment.Name)}[/]  {Terminal.Text(environment.Url)}");
        if (environment.Live is { } live)
        {
            var since = Terminal.Quiet(Times.Ago(live.Since));
            Terminal.Line($"  live      run {live.Run}  {live.Commit[..10]}  {Terminal.Text(RunText.Short(live.Subject))}  {since}");
        }
        else
            Terminal.Line("  live      nothing");
        if (environment.Hold is { } hold)
        {
            var lift = Terminal.Quiet("('towpath resume' lifts it)");
            Terminal.Line($"  [yellow]held[/]      by {Terminal.Text(hold.By)}, {Times.Ago(hold.Since)}: {Terminal.Text(hold.Reason)}  {lift}");
        }

        if (environment.Migrations is { } migrations)
            Write(migrations);
        foreach (var freeze in environment.Freezes)
        {
            var when = freeze.From > TimeProvider.System.GetUtcNow() ? $"from {Times.At(freeze.From)} until {Times.At(freeze.Until)}" : $"until {Times.At(freeze.Until)}";
            Terminal.Line($"  [yellow]frozen[/]    {when} by {Terminal.Text(freeze.By)}: {Terminal.Text(freeze.Reason)}  {Terminal.Quiet("('towpath unfreeze' lifts it)")}");
        }

        if (environment.Deployment is { EndedAt: null } active)
        {
            Terminal.Line($"  deploying {Describe(active)}");
            if (active.Rollout is { } rollout)
                Write(environment, rollout);
            foreach (var choice in active.Choices)
            {
                Terminal.Line($"    [bold]towpath deployments {choice.Name} {active.Number} --environment {Terminal.Text(environment.Name)}[/]");
                Terminal.Line($"      {Terminal.Text(choice.Means)}");
            }
        }

        foreach (var waiting in environment.Waiting)
            WriteWaiting(environment, waiting);
        if (environment.Instances is { Count: > 0 } instances)
            Write(instances);
        if (environment.History.Count == 0)
            return;
        Terminal.Line();
        var table = Terminal.Table("DEPLOYMENT", "KIND", "RUN", "STATE", "WHEN", "REASON");
        foreach (var past in environment.History.Take(HistoryAtMost))
        {
            table.AddRow(
                $"{past.Number}", past.Kind, $"{past.Run}", Terminal.State(past.State), Times.Ago(past.EndedAt), Terminal.Text(past.Reason));
        }

        Terminal.Out.Write(table);
    }

    private static void Write(EnvironmentView environment, RolloutView rollout)
    {
        Terminal.Line($"    step {rollout.Step} of {rollout.Steps}: {rollout.Share:0.##%} of the requests  {Terminal.Text(rollout.Says)}");
        if (rollout.WaitsForPerson)
            Terminal.Line($"    [bold]towpath advance --environment {Terminal.Text(environment.Name)}[/] lets it go on");
    }

    private static void Write(IReadOnlyList<InstanceView> instances)
    {
        Terminal.Line();
        var table = Terminal.Table("INSTANCE", "RUN", "VERSION", "STATE", "STARTED", "RESTARTS", "MIB", "REASON");
        foreach (var instance in instances)
        {
            table.AddRow(
                Terminal.Text(instance.Name), $"{instance.Run}", instance.Role, Terminal.State(instance.State), Times.Ago(instance.Since),
                $"{instance.Restarts}", $"{instance.Memory >> 20}", Terminal.Text(instance.Reason));
        }

        Terminal.Out.Write(table);
    }

    private static void Write(MigrationsView migrations)
    {
        if (migrations.NextAt is { } next)
            Terminal.Line($"  migration contract of run {migrations.NextRun} at {Times.At(next)}  {Terminal.Quiet("until then there is a way back to versions before it")}");
        if (migrations.ContractedAt is { } at)
            Terminal.Line($"  migration contract of run {migrations.ContractedRun} {Times.Ago(at)}  {Terminal.Quiet("nobody goes back to versions before it")}");
    }

    private static void WriteWaiting(EnvironmentView environment, DeploymentView waiting)
    {
        if (waiting.Gates.Count == 0)
        {
            Terminal.Line($"  waiting   {Describe(waiting)}");
            return;
        }

        Terminal.Line($"  waiting   run {waiting.Run}  {Terminal.State(waiting.State)}  deployment {waiting.Number}");
        foreach (var gate in waiting.Gates)
        {
            var mark = gate.State == "passed" ? "[green]✓[/]" : "[yellow]·[/]";
            var deadline = gate.Deadline is { } at ? Terminal.Quiet($"  (until {Times.At(at)})") : "";
            Terminal.Line($"    {mark} {gate.Name.PadRight(8)}  {Terminal.Text(gate.Reason)}{deadline}");
        }

        if (waiting.Gates.Any(gate => gate is { Name: "approval", State: "waiting" }))
            Terminal.Line($"    [bold]towpath approve --environment {Terminal.Text(environment.Name)} --deployment {waiting.Number}[/]");
    }

    public static string Describe(DeploymentView deployment) =>
        $"run {deployment.Run}  {Terminal.State(deployment.State)}  {Terminal.Text(deployment.Reason)}";
}
