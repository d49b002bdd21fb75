using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Spectre.Console;
using Towpath.Client;
using Towpath.Engine.Views;
using Towpath.Output;
using Towpath.Protocol.Archives;

namespace Towpath.Verbs;

internal static class PackagesVerb
{
    public static Command Create() =>
        new("packages", "Lists and shows packages; takes one that was built elsewhere into the flow") { List(), Show(), Push() };

    private static Command List()
    {
        var command = new Command("list", "Lists the packages of the latest runs");
        ClientVerb.Set(command, async verb =>
        {
            var runs = await verb.Client.GetAsync<List<RunView>>($"{await verb.PathAsync("runs")}?limit=100", verb.Cancel);
            var made = runs.Where(run => run.Package is not null).ToList();
            if (verb.WantsJson)
            {
                JsonText.Write(made.Select(run => new { run = run.Number, run.Commit, run.Package!.Digest, run.Package.Size }));
                return ExitCode.Done;
            }

            var table = Terminal.Table("RUN", "COMMIT", "SIZE", "DIGEST");
            foreach (var run in made)
                table.AddRow($"{run.Number}", run.Commit[..10], Times.Size(run.Package!.Size), run.Package.Digest);
            Terminal.Out.Write(table);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show()
    {
        var number = ClientVerb.RunNumber();
        var command = new Command("show", "Shows the package that a run produced") { number };
        ClientVerb.Set(command, async verb => await verb.ShowAsync<JsonElement>(
            await verb.PathAsync("runs", verb.Typed.GetRequiredValue(number), "package"), package =>
            {
                foreach (var property in package.EnumerateObject())
                    Terminal.Line($"{property.Name,-8} {Terminal.Text(property.Value.ToString())}");
            }));
        return command;
    }

    private static Command Push()
    {
        var folder = new Argument<string>("DIR") { Description = "The folder with what is to be run" };
        var commit = new Option<string>("--commit")
        {
            Description = "The commit that it was built from; pushed to the default branch before",
            HelpName = "SHA",
            Required = true,
        };
        folder.Validators.Add(CommonOptions.Named);
        var command = new Command("push", "Takes a package that another CI built into the flow") { folder, commit };
        ClientVerb.Set(command, async verb =>
        {
            var path = Path.GetFullPath(verb.Typed.GetRequiredValue(folder));
            if (!Directory.Exists(path))
                throw ExitException.Usage($"there is no folder '{path}'.");
            return await PushAsync(verb, path, verb.Typed.GetRequiredValue(commit));
        });
        return command;
    }

    private static async Task<int> PushAsync(ClientVerb verb, string folder, string commit)
    {
        var target = $"{await verb.PathAsync("packages")}?commit={Uri.EscapeDataString(commit)}";
        string json;
        try
        {
            using var content = new TreeContent(folder);
            json = await verb.Client.UploadAsync(target, content, verb.Cancel);
        }
        catch (ArchiveException e)
        {
            throw ExitException.Usage(e.Message);
        }

        if (verb.WantsJson)
            Console.Out.WriteLine(json);
        else
            Terminal.Line($"run {ServerClient.Read<RunView>(json).Number} brings the package into the flow");
        return ExitCode.Done;
    }

    /// <summary>A folder as a tar archive, made while it is sent.</summary>
    private sealed class TreeContent : HttpContent
    {
        private readonly string folder;

        public TreeContent(string folder)
        {
            this.folder = folder;
            Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            TreeArchive.WriteAsync(folder, stream, TreeArchiveLimits.Default, CancellationToken.None);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
