using System.CommandLine;
using System.Net;
using System.Net.NetworkInformation;
using Towpath.Client;
using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Init;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class InitVerb
{
    /// <summary>Files looked at: what a pipeline is guessed from lies near the top.</summary>
    private const int FilesAtMost = 20_000;

    private const long LargestFile = 256 * 1024;

    public static Command Create()
    {
        var force = new Option<bool>("--force") { Description = $"Replace the {PipelineFile.Name} that is there" };
        var print = new Option<bool>("--print") { Description = "Only print the file" };
        var command = new Command("init", "Writes a pipeline for this repository: .NET, Node or a static site") { force, print };
        command.SetAction(async (typed, cancel) =>
        {
            var root = await RootAsync(cancel);
            var file = Path.Combine(root, PipelineFile.Name);
            if (File.Exists(file) && !typed.GetValue(force) && !typed.GetValue(print))
                throw ExitException.Usage(
                    $"{PipelineFile.Name} is there already: 'towpath check' says whether it is valid, --force replaces it.");
            var proposal = PipelineInit.Propose(
                await FilesAsync(root, cancel), path => ReadText(Path.Combine(root, path)), PortsOfOthers(file).Contains);
            if (typed.GetValue(print))
            {
                Console.Out.Write(proposal.File);
                return ExitCode.Done;
            }

            await File.WriteAllTextAsync(file, proposal.File, cancel);
            Say(proposal);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Say(InitProposal proposal)
    {
        Terminal.Line($"[green]✓[/] {PipelineFile.Name} is written. Have a look at it:");
        foreach (var guess in proposal.Guesses)
            Terminal.Line($"  · {Terminal.Text(guess)}");
        Terminal.Line(
            $"{Terminal.Quiet("next:")} towpath run, towpath remote, git add {PipelineFile.Name}, git commit, git push towpath HEAD");
    }

    /// <summary>What listens here now, among it the router for other projects, but not for the file that is replaced.</summary>
    private static HashSet<int> PortsOfOthers(string file)
    {
        var ports = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        var environments = ReadText(file) is { } text ? PipelineFile.Parse(text).Pipeline?.Environments : null;
        foreach (var target in (environments ?? []).Select(environment => environment.Target).OfType<AppsTarget>())
            ports.ExceptWith(target.Listen.Values.Select(address => IPEndPoint.TryParse(address, out var own) ? own.Port : 0));
        return ports;
    }

    private static async Task<string> RootAsync(CancellationToken cancel)
    {
        var (code, output, _) = await GitCommand.TryAsync(["rev-parse", "--show-toplevel"], cancel);
        return code == 0 ? output.TrimEnd('\n') : Environment.CurrentDirectory;
    }

    /// <summary>What git would commit; without git, everything but what nobody commits.</summary>
    private static async Task<List<string>> FilesAsync(string root, CancellationToken cancel)
    {
        var (code, output, _) = await GitCommand.TryAsync(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], cancel, root);
        if (code == 0)
            return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Take(FilesAtMost)];
        return
        [
            .. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(root, path))
                .Where(path => !path.Split('/').Any(part => part is "node_modules" or "bin" or "obj" or ".git"))
                .Take(FilesAtMost),
        ];
    }

    private static string? ReadText(string path)
    {
        try
        {
            // A pipe's length is none, as an empty file's; opening it would wait for somebody who writes.
            return new FileInfo(path) is { Exists: true, Length: <= LargestFile and var length } ? length == 0 ? "" : File.ReadAllText(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
