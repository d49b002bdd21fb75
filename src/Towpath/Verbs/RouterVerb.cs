using System.CommandLine;
using Towpath.Router;

namespace Towpath.Verbs;

internal static class RouterVerb
{
    public static Command Create()
    {
        var command = new Command("router", "The router alone: carries the traffic of the apps ('up' starts it)");
        command.SetAction(typed => PartVerb.RunAsync(typed, "router", (data, stop) =>
            RouterHost.RunAsync(new RouterSettings(Path.Combine(data, "router")), stop)));
        return command;
    }
}
