using System.CommandLine;
using Towpath.Client;
using Towpath.Engine.Retention;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class CollectVerb
{
    public static Command Create()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would be removed" };
        var command = new Command("gc", "Removes packages and logs of old runs; the server does it once a day by itself") { dryRun };
        ClientVerb.Set(command, async verb =>
        {
            var asked = verb.Typed.GetValue(dryRun);
            // As long as it takes: a repository may be large.
            var json = await verb.Client.UploadAsync($"gc?dryRun={(asked ? "true" : "false")}", new ByteArrayContent([]), verb.Cancel);
            if (verb.WantsJson)
                Console.Out.WriteLine(json);
            else
                Say(ServerClient.Read<CollectionSummary>(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Say(CollectionSummary summary)
    {
        var verb = summary.DryRun ? "would go" : "are gone";
        Terminal.Line($"{summary.Runs} runs are given up{(summary.DryRun ? " then" : "")}; {summary.Logs} logs and {summary.Blobs} stored files {verb}: {Times.Size(summary.Bytes)}");
        foreach (var note in summary.Notes)
            Terminal.Line($"  {Terminal.Text(note)}");
    }
}
