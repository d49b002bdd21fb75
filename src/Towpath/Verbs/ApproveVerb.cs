using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class ApproveVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var deployment = new Option<int?>("--deployment") { Description = "The deployment [default: the only one that waits for an approval]", HelpName = "N" };
        var run = ClientVerb.RunOption(required: false);
        var command = new Command("approve", "Says yes to a deployment that waits for it, as it is now") { environment, deployment, run };
        ClientVerb.Set(command, async verb =>
        {
            var name = verb.Typed.GetRequiredValue(environment);
            var view = await verb.Client.GetAsync<EnvironmentView>(await verb.PathAsync("environments", name), verb.Cancel);
            var number = verb.Typed.GetValue(deployment);
            int? ofRun = verb.Typed.GetResult(run) is null ? null : verb.Typed.GetValue(run);
            var chosen = Choose(view, number, ofRun);
            // What was looked at is what is approved: the server refuses when it has changed meanwhile.
            return await verb.ChangeAsync<EnvironmentView>(
                HttpMethod.Post,
                await verb.PathAsync("environments", name, "deployments", chosen?.Number ?? number!.Value, "approve"),
                new { replaces = chosen?.Plan?.Replaces, settings = chosen?.Plan?.Settings },
                after => Write(after, chosen));
        });
        return command;
    }

    /// <returns>Null for a deployment that does not wait: the server says what is wrong with it.</returns>
    private static DeploymentView? Choose(EnvironmentView view, int? number, int? run)
    {
        var waiting = view.Waiting.Where(one => (number ?? one.Number) == one.Number && (run ?? one.Run) == one.Run).ToList();
        if (number is not null)
            return waiting.Count == 1 ? waiting[0] : null;
        var asking = waiting.Where(one => one.Gates.Any(gate => gate is { Name: "approval", State: "waiting" })).ToList();
        var of = run is null ? "no deployment" : $"no deployment of run {run}";
        return asking.Count switch
        {
            1 => asking[0],
            0 => throw ExitException.Refused(
                $"{of} of '{view.Name}' waits for an approval; 'towpath envs show {view.Name}' shows what waits for what."),
            _ => throw ExitException.Refused(
                $"deployments {string.Join(", ", asking.Select(one => one.Number))} of '{view.Name}' wait for approvals: say which one with --deployment."),
        };
    }

    private static void Write(EnvironmentView view, DeploymentView? approved)
    {
        if (approved is not null)
        {
            var replaces = approved.Plan?.ReplacesRun is { } before ? $", to replace run {before}" : "";
            Terminal.Line($"Approved: run {approved.Run} in '{Terminal.Text(view.Name)}'{replaces}.");
        }

        EnvironmentText.Write(view);
    }
}
