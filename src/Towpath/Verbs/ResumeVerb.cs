using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class ResumeVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var command = new Command("resume", "Lifts the hold of an environment: the newest version that may go starts") { environment };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "resume"),
            null,
            EnvironmentText.Write));
        return command;
    }
}
