using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class RedeployVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var command = new Command("redeploy", "Deploys what is live once more, with the current settings") { environment };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "redeploy"),
            null,
            EnvironmentText.Write));
        return command;
    }
}
