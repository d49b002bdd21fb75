using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class RollbackVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var reason = CommonOptions.Reason();
        const string What = "Goes back to the version before, or ends the deployment under way; the environment is held afterwards";
        var command = new Command("rollback", What) { environment, reason };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "rollback"),
            new { reason = verb.Typed.GetValue(reason) },
            EnvironmentText.Write));
        return command;
    }
}
