using System.CommandLine;
using Towpath.Client;
using Towpath.Engine.Backups;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Engine.Packages;
using Towpath.Local;
using Towpath.Output;
using Towpath.Protocol.Archives;
using Towpath.Server;

namespace Towpath.Verbs;

internal static class BackupVerb
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The file to write, .tar.gz" };
        var withKeys = new Option<bool>("--with-keys") { Description = "Put the keys to the secrets into the backup" };
        var keys = new Option<string?>("--keys") { Description = "Write the keys to the secrets to a file of their own", HelpName = "FILE" };
        var command = new Command("backup", "Writes all that the server keeps into one file, while work goes on") { file, withKeys, keys };
        file.Validators.Add(CommonOptions.Named);
        keys.Validators.Add(CommonOptions.Named);
        command.SetAction((typed, cancel) => RunAsync(
            new Wanted(Path.GetFullPath(typed.GetRequiredValue(file)), typed.GetValue(withKeys), typed.GetValue(keys)),
            ServerConnection.Of(typed.GetValue(CommonOptions.Data)),
            DataFolder.Resolve(typed.GetValue(CommonOptions.Data)),
            typed.GetValue(CommonOptions.Json),
            cancel));
        return command;
    }

    private static async Task<int> RunAsync(Wanted wanted, ServerConnection connection, string data, bool json, CancellationToken cancel)
    {
        foreach (var file in (string?[])[wanted.File, wanted.Keys])
            Check(file);
        var part = wanted.File + ".part";
        BackupSummary summary;
        try
        {
            await using (var target = new FileStream(part, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            }))
            {
                await WriteAsync(target, wanted, connection, data, cancel);
                target.Flush(flushToDisk: true);
            }

            // Read once more from its beginning to its end: a backup that cannot be restored is worse than none.
            summary = await BackupReader.VerifyAsync(part, cancel);
            File.Move(part, wanted.File, overwrite: true);
        }
        catch (Exception e) when (e is BackupException or JournalException or GitException or PackageException)
        {
            throw ExitException.Refused(e.Message);
        }
        finally
        {
            File.Delete(part);
        }

        return Say(wanted, summary, json);
    }

    /// <summary>A file gets its name when it is whole, and replaces what has the name then: that may be a file only.</summary>
    private static void Check(string? file)
    {
        if (file is null)
            return;
        var there = new FileInfo(file);
        var kind = there.LinkTarget is { } target ? $"a link to '{target}'"
            : Directory.Exists(file) ? "a folder"
            : there.Exists ? SpecialFile.KindOf(there)
            : null;
        if (kind is not null)
            throw ExitException.Usage($"'{file}' is {kind}, which is not replaced: name a file.");
    }

    private static async Task WriteAsync(Stream target, Wanted wanted, ServerConnection connection, string data, CancellationToken cancel)
    {
        if (!connection.IsRemote && await IsStoppedAsync(data))
        {
            await WriteStoppedAsync(target, wanted, data, cancel);
            return;
        }

        using var client = connection.Open();
        await client.DownloadAsync($"backup?keys={(wanted.WithKeys ? "true" : "false")}", target, cancel);
        if (wanted.Keys is { } keys)
            (await client.GetAsync<BackupKeys>("backup/keys", cancel)).WriteTo(keys);
    }

    /// <summary>Nobody answers: the folder is claimed here, which fails when a server has it all the same.</summary>
    private static async Task<bool> IsStoppedAsync(string data) =>
        File.Exists(new BackupPlaces(data).Of(BackupPlaces.JournalName))
        && (Endpoint.Read(data) is not { } endpoint || !await ServerClient.IsHealthyAsync(endpoint.Url));

    private static async Task WriteStoppedAsync(Stream target, Wanted wanted, string data, CancellationToken cancel)
    {
        var settings = new ServerSettings(data, new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        using var journal = SqliteJournal.Open(settings.JournalFolder);
        var places = new BackupPlaces(data);
        using var writer = new BackupWriter(
            journal, new Repositories(settings.RepositoriesFolder), PackageStore.Open(settings.StoreFolder), places, TimeProvider.System);
        await writer.WriteAsync(target, wanted.WithKeys, cancel);
        if (wanted.Keys is { } keys)
            BackupKeys.Read(places).WriteTo(keys);
    }

    private static int Say(Wanted wanted, BackupSummary summary, bool json)
    {
        if (json)
            JsonText.Write(new { file = wanted.File, size = new FileInfo(wanted.File).Length, keys = wanted.Keys, summary.Header, summary.Members, summary.Gaps });
        else
        {
            var size = Times.Size(new FileInfo(wanted.File).Length);
            Terminal.Line($"[green]✓[/] {Terminal.Text(wanted.File)}  {size}, as of {summary.Header.At.UtcDateTime:u}; what comes later is not in it");
            Terminal.Line(wanted switch
            {
                { WithKeys: true } => "  It has the keys to the secrets: keep it as you keep those.",
                { Keys: { } keys } => $"  The keys to the secrets are in {Terminal.Text(keys)}: keep them somewhere else.",
                _ => "  Secrets are in it, encrypted, and their keys are not: '--keys FILE' writes them to a file of their own.",
            });
        }

        foreach (var gap in summary.Gaps)
            Console.Error.WriteLine($"towpath: {gap.Project}{(gap.Run is { } run ? $" run {run}" : "")}: {gap.Sentence}");
        return summary.Gaps.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private sealed record Wanted(string File, bool WithKeys, string? Keys);
}
