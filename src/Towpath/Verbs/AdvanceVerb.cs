using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class AdvanceVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var step = new Option<bool>("--step") { Description = "Only to the next step, instead of moving all traffic" };
        var command = new Command("advance", "Lets a canary go on: skips its remaining steps") { environment, step };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "advance"),
            new { step = verb.Typed.GetValue(step) },
            EnvironmentText.Write));
        return command;
    }
}
