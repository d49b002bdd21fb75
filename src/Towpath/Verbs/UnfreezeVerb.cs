using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class UnfreezeVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var command = new Command("unfreeze", "Lifts the freezes that 'towpath freeze' set; those of a pipeline file stay") { environment };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "unfreeze"),
            null,
            EnvironmentText.Write));
        return command;
    }
}
