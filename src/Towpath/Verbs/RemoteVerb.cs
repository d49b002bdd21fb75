using System.CommandLine;
using Towpath.Client;
using Towpath.Engine.Git;
using Towpath.Local;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class RemoteVerb
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "The project [default: the folder's name, in lower case and with '-' for what may not stand in a name]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("remote", "Points this repository's git remote 'towpath' at the server") { name };
        command.SetAction(async (typed, cancel) =>
        {
            var given = typed.GetValue(CommonOptions.Data);
            var endpoint = ServerConnection.Of(given).Find();
            var top = (await GitCommand.RunAsync(["rev-parse", "--show-toplevel"], cancel)).Trim();
            var project = (typed.GetValue(name) ?? typed.GetValue(CommonOptions.Project)) is { } wanted ? Checked(wanted) : NameOf(top);
            var url = $"{endpoint.Url.TrimEnd('/')}/git/{project}.git";
            var known = (await GitCommand.RunAsync(["remote"], cancel)).Split('\n').Contains("towpath");
            await GitCommand.RunAsync(["remote", known ? "set-url" : "add", "towpath", url], cancel);
            // An empty helper first: the token is not to be kept by one that the user has for other hosts.
            var key = $"credential.{endpoint.Url.TrimEnd('/')}.helper";
            await GitCommand.RunAsync(["config", "--replace-all", key, ""], cancel);
            await GitCommand.RunAsync(["config", "--add", key, $"!{Helper(given)}"], cancel);
            // A proxy that the person needs for everything else does not know this machine's own addresses.
            await GitCommand.RunAsync(["config", $"http.{endpoint.Url.TrimEnd('/')}.proxy", ""], cancel);
            Terminal.Line($"[green]✓[/] git remote 'towpath' is {Terminal.Text(url)}; 'git push towpath HEAD' ships.");
            return ExitCode.Done;
        });
        return command;
    }

    private static string Checked(string wanted) =>
        ProjectName.Problem(wanted) is { } problem ? throw ExitException.Usage(problem) : wanted;

    private static string NameOf(string folder) => ProjectName.Near(Path.GetFileName(folder)) ?? throw ExitException.Usage(
        $"the folder's name '{Path.GetFileName(folder)}' makes no name for a project: say 'towpath remote NAME'.");

    /// <summary>A line for git's shell, which may be started from anywhere: it says again where the runtime and the data are.</summary>
    private static string Helper(string? given)
    {
        var program = string.Join(' ', OwnProcess.Program().Select(Quote));
        var runtime = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? $"DOTNET_ROOT={Quote(root)} " : "";
        return string.IsNullOrEmpty(given) && Environment.GetEnvironmentVariable("TOWPATH_URL") is { Length: > 0 }
            ? $"{runtime}{program} git-credential"
            : $"{runtime}{program} git-credential --data {Quote(DataFolder.Resolve(given))}";
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
