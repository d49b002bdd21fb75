using System.CommandLine;
using Towpath.Router;

namespace Towpath.Verbs;

internal static class RouterVerb
{
    public static Command Create()
    {
        var replace = new Option<bool>("--replace") { Description = "Take the place of the router that runs, without losing a connection" };
        var command = new Command("router", "The router alone: carries the traffic of the apps ('up' starts it)") { replace };
        command.SetAction(typed => PartVerb.RunAsync(
            typed,
            "router",
            (data, stop) =>
                RouterHost.RunAsync(new RouterSettings(Path.Combine(data, "router")) { Replace = typed.GetValue(replace) }, stop),
            typed.GetValue(replace)));
        return command;
    }
}
