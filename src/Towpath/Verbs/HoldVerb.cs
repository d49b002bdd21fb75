using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class HoldVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var reason = CommonOptions.Reason();
        var command = new Command("hold", "Pauses automation in an environment; it never stops a rollback") { environment, reason };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "hold"),
            new { reason = verb.Typed.GetValue(reason) },
            EnvironmentText.Write));
        return command;
    }
}
