using System.CommandLine;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class FreezeVerb
{
    public static Command Create()
    {
        var environment = CommonOptions.Environment();
        var until = new Option<string>("--until") { Description = "When it ends by itself: a day, to its end, or a day and a time", HelpName = "\"2026-12-24 08:00\"", Required = true };
        var from = new Option<string?>("--from") { Description = "When it begins [default: now]", HelpName = "\"2026-12-20 18:00\"" };
        var zone = new Option<string?>("--zone") { Description = "Whose clocks show these times [default: this machine's]", HelpName = "Europe/Amsterdam" };
        var reason = CommonOptions.Reason();
        const string What = "Lets nothing start in an environment for a time; it never stops a rollback";
        var command = new Command("freeze", What) { environment, until, from, zone, reason };
        ClientVerb.Set(command, async verb => await verb.ChangeAsync<EnvironmentView>(
            HttpMethod.Post,
            await verb.PathAsync("environments", verb.Typed.GetRequiredValue(environment), "freeze"),
            new
            {
                until = verb.Typed.GetRequiredValue(until),
                from = verb.Typed.GetValue(from),
                zone = verb.Typed.GetValue(zone) ?? TimeZoneInfo.Local.Id,
                reason = verb.Typed.GetValue(reason),
            },
            EnvironmentText.Write));
        return command;
    }
}
