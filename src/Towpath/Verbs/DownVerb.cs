using System.CommandLine;
using Towpath.Local;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class DownVerb
{
    public static Command Create()
    {
        var command = new Command("down", "Ends everything on this machine: server, agent, apps, router");
        command.SetAction(async typed =>
        {
            var data = DataFolder.Resolve(typed.GetValue(CommonOptions.Data));
            var ended = await Shutdown.RunAsync(data);
            if (typed.GetValue(CommonOptions.Json))
                Console.Out.WriteLine($$"""{"wasUp":{{(ended ? "true" : "false")}}}""");
            else
                Terminal.Line(
                    ended ? "Everything ended. 'towpath up' brings it back as it was." : $"Nothing was up in {Terminal.Text(data)}.");
            return ExitCode.Done;
        });
        return command;
    }
}
