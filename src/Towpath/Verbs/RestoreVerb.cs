using System.CommandLine;
using Towpath.Engine.Backups;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Packages;
using Towpath.Local;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class RestoreVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "What 'towpath backup' wrote" };
        var keys = new Option<string?>("--keys") { Description = "The keys to the secrets, when they were kept apart", HelpName = "FILE" };
        var command = new Command("restore", "Makes a data folder of a backup; the folder must be new or empty") { file, keys };
        file.Validators.Add(CommonOptions.Named);
        keys.Validators.Add(CommonOptions.Named);
        command.SetAction((typed, cancel) => RunAsync(
            Path.GetFullPath(typed.GetRequiredValue(file)),
            DataFolder.Resolve(typed.GetValue(CommonOptions.Data)),
            typed.GetValue(keys),
            typed.GetValue(CommonOptions.Json),
            cancel));
        return command;
    }

    private static async Task<int> RunAsync(string file, string data, string? keys, bool json, CancellationToken cancel)
    {
        try
        {
            var restored = await BackupRestore.RunAsync(file, data, keys is null ? null : BackupKeys.Open(keys), TimeProvider.System, cancel);
            if (json)
            {
                JsonText.Write(new
                {
                    data, restored.Backup.Header, restored.Projects, restored.Runs, restored.Environments, restored.LostSecrets, restored.HasToken,
                    restored.Backup.Gaps,
                });
            }
            else
            {
                Say(restored, data);
            }

            return ExitCode.Done;
        }
        catch (Exception e) when (e is BackupException or JournalException or GitException or PackageException or DamagedPackageException)
        {
            throw ExitException.Refused(e.Message);
        }
    }

    private static void Say(Restored restored, string data)
    {
        var at = $"{restored.Backup.Header.At.UtcDateTime:u}";
        Terminal.Line($"[green]✓[/] {Terminal.Text(data)} is as it was at {at}: {restored.Projects} projects, {restored.Runs} runs");
        Terminal.Line("  What came after that moment is not in it; pushes that came after it are runs when they are pushed again.");
        if (restored.LostSecrets.Count > 0)
        {
            Terminal.Line("  The keys are missing ('--keys FILE'), so these secrets have to be set again ('towpath secrets set'):");
            foreach (var secret in restored.LostSecrets)
                Terminal.Line($"    {Terminal.Text(secret)}");
        }

        if (!restored.HasToken)
            Terminal.Line("  The server makes a new token when it starts; programs that use the old one have to be told.");
        foreach (var gap in restored.Backup.Gaps)
            Terminal.Line($"  [yellow]lost before the backup[/]: {Terminal.Text(gap.Project)} {gap.Run}: {Terminal.Text(gap.Sentence)}");
        if (restored.Environments.Count > 0)
            Terminal.Line("  Every environment is held, as newer versions may be live than the backup knows: look, then 'towpath resume'.");
        foreach (var environment in restored.Environments)
        {
            var live = environment.LiveRun is { } run ? $"run {run} was live" : "nothing was live";
            Terminal.Line($"    {Terminal.Text($"{environment.Project}/{environment.Name}")}  {live}");
        }

        Terminal.Line($"  next       towpath up --data {Terminal.Text(data)}");
    }
}
