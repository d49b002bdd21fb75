using System.CommandLine;
using System.Reflection;

namespace Towpath.Verbs;

internal static class VersionVerb
{
    public static string Text { get; } =
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static Command Create()
    {
        var command = new Command("version", "Says which version this is");
        command.SetAction(typed =>
        {
            Console.Out.WriteLine(typed.GetValue(CommonOptions.Json) ? $$"""{"version":"{{Text}}"}""" : $"towpath {Text}");
            return ExitCode.Done;
        });
        return command;
    }
}
