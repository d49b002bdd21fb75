using System.CommandLine;
using Towpath.Server;

namespace Towpath.Verbs;

internal static class ServerVerb
{
    public static Command Create()
    {
        var listen = ListenOption.Create();
        var limits = new ServerLimits();
        var command = new Command("server", "The control plane alone: git, web, API, the engine ('up' starts it)") { listen };
        limits.AddTo(command);
        command.SetAction(typed => PartVerb.RunAsync(typed, "server", (data, stop) =>
            ServerHost.RunAsync(limits.Apply(typed, new ServerSettings(data, typed.GetRequiredValue(listen))), stop)));
        return command;
    }
}
