using System.CommandLine;
using Spectre.Console;
using Towpath.Client;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class DeploymentsVerb
{
    public static Command Create()
    {
        var command = new Command("deployments", "Lists an environment's deployments; waits for and cancels one") { Wait() };
        var environment = CommonOptions.Environment();
        command.Add(environment);
        ClientVerb.Set(command, verb => ListAsync(verb, environment));
        var list = new Command("list", "Lists an environment's deployments, newest first") { environment };
        ClientVerb.Set(list, verb => ListAsync(verb, environment));
        command.Add(list);
        command.Add(On("cancel", "Ends a deployment; what it did is taken back", "cancel"));
        command.Add(On("accept", "Decides that a deployment that needs a decision counts as live", "accept"));
        return command;
    }

    private static async Task<int> ListAsync(ClientVerb verb, Option<string> environment)
    {
        var name = verb.Typed.GetRequiredValue(environment);
        var view = await verb.Client.GetAsync<EnvironmentView>(await verb.PathAsync("environments", name), verb.Cancel);
        var all = view.History.Concat(view.Waiting).Append(view.Deployment).OfType<DeploymentView>()
            .DistinctBy(deployment => deployment.Number).OrderByDescending(deployment => deployment.Number).ToList();
        if (verb.WantsJson)
            JsonText.Write(all);
        else
            Write(all);
        return ExitCode.Done;
    }

    private static void Write(List<DeploymentView> deployments)
    {
        var table = Terminal.Table("DEPLOYMENT", "KIND", "RUN", "COMMIT", "STATE", "WHEN", "REASON");
        foreach (var deployment in deployments)
        {
            table.AddRow(
                $"{deployment.Number}", deployment.Kind, $"{deployment.Run}", deployment.Commit[..10], Terminal.State(deployment.State),
                Times.Ago(deployment.EndedAt ?? deployment.StartedAt ?? deployment.OfferedAt), Terminal.Text(deployment.Reason));
        }

        Terminal.Out.Write(table);
    }

    private static Command Wait()
    {
        var environment = CommonOptions.Environment();
        var run = ClientVerb.RunOption();
        var timeout = CommonOptions.WaitTimeout();
        var command = new Command("wait", "Waits until a run's deployment is over; ends with 0 when it became live, else with 1")
        {
            run, environment, timeout,
        };
        ClientVerb.Set(command, async verb =>
        {
            var (number, name) = (verb.Typed.GetRequiredValue(run), verb.Typed.GetRequiredValue(environment));
            var ended = await Waits.ForDeploymentAsync(
                verb.Connection, await verb.ProjectAsync(), number, name, verb.Typed.GetValue(timeout), verb.Cancel);
            if (ended.View is not { } deployment)
                throw new ExitException(ExitCode.Failed, ended.Reason);
            if (verb.WantsJson)
                JsonText.Write(deployment);
            else
                Terminal.Line($"{Terminal.Text(name)}  {EnvironmentText.Describe(deployment)}");
            return deployment.State switch { "live" => ExitCode.Done, "refused" => ExitCode.Refused, _ => ExitCode.Failed };
        });
        return command;
    }

    private static Command On(string name, string description, string verbOfApi)
    {
        var environment = CommonOptions.Environment();
        var number = new Argument<int>("N") { Description = "The deployment's number" };
        var command = new Command(name, description) { number, environment };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync(
                "environments", verb.Typed.GetRequiredValue(environment), "deployments", verb.Typed.GetRequiredValue(number), verbOfApi),
            null,
            EnvironmentText.Write));
        return command;
    }
}
