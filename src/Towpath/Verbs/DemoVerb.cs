using System.CommandLine;
using System.Net;
using Towpath.Client;
using Towpath.Demo;
using Towpath.Local;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class DemoVerb
{
    private static readonly Option<bool> Once = new("--once")
    {
        Description = "End after the story: 0 only when all of it really happened",
        Recursive = true,
    };

    private static readonly Option<bool> Keep = new("--keep")
    {
        Description = "Keep the data folder that the demo made for itself",
        Recursive = true,
    };

    /// <summary>Tells a story in a Towpath of its own.</summary>
    /// <param name="data">The data folder.</param>
    private delegate Task Story(string data, Endpoint endpoint, Narrator narrator, CancellationToken cancel);

    public static Command Create()
    {
        var command = new Command("demo", "A sample service goes to production; then bad commits are caught") { Once, Keep };
        command.SetAction(typed => RunAsync(typed, TellOfMistakesAsync));
        var canary = new Command("canary", "Versions get a small share of the requests first; those that are worse are taken back by what they show");
        canary.SetAction(typed => RunAsync(typed, TellOfCanariesAsync));
        command.Add(canary);
        var service = new Command("service", "What 'demo canary' deploys") { Hidden = true };
        service.SetAction((_, cancel) => PriceLookup.RunAsync(cancel));
        command.Add(service);
        return command;
    }

    private static Task TellOfMistakesAsync(string data, Endpoint endpoint, Narrator narrator, CancellationToken cancel)
    {
        var (staging, production) = (FreePort.Next(), FreePort.Next());
        var repository = new DemoRepository(Repository(data, DemoRepository.Project), endpoint, staging, production);
        return new DemoStory(endpoint, new ServerConnection(data, endpoint), repository, $"http://127.0.0.1:{production}/", narrator).TellAsync(cancel);
    }

    private static Task TellOfCanariesAsync(string data, Endpoint endpoint, Narrator narrator, CancellationToken cancel)
    {
        var port = FreePort.Next();
        var repository = new CanaryRepository(Repository(data, CanaryRepository.Project), endpoint, port);
        return new CanaryStory(new ServerConnection(data, endpoint), repository, $"http://127.0.0.1:{port}/", narrator).TellAsync(cancel);
    }

    private static string Repository(string data, string project) => Path.Combine(data, "demo", project);

    private static async Task<int> RunAsync(ParseResult typed, Story story)
    {
        var given = typed.GetValue(CommonOptions.Data);
        var data = given is null ? Directory.CreateTempSubdirectory("towpath-demo-").FullName : DataFolder.Resolve(given);
        try
        {
            return await RunAsync(data, typed.GetValue(Once), story);
        }
        finally
        {
            if (given is null && !typed.GetValue(Keep))
                Remove(data);
            else
                Terminal.Line($"{Terminal.Quiet($"What it did lies in {data}.")}");
        }
    }

    private static async Task<int> RunAsync(string data, bool once, Story story)
    {
        using var slot = Slot.TryTake(data, "up");
        if (slot is null || Directory.Exists(Path.Combine(data, "demo")))
            throw ExitException.Refused($"{data} is used already: name a new folder with --data, or none.");
        using var signals = new StopSignals();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(signals.Token);
        var installation = new Installation(
            data, new IPEndPoint(IPAddress.Loopback, 0), text => Console.Error.WriteLine($"towpath: {text}"));
        var kept = Task.CompletedTask;
        try
        {
            var endpoint = await installation.StartAsync(end.Token);
            kept = installation.KeepAsync(end.Token);
            return await TellAsync(data, endpoint, once, story, end.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return 130;
        }
        finally
        {
            await end.CancelAsync();
            await kept;
            await installation.EndAsync();
            await Shutdown.EndPartsAsync(data);
        }
    }

    private static async Task<int> TellAsync(string data, Endpoint endpoint, bool once, Story story, CancellationToken cancel)
    {
        await GreetAsync(endpoint, cancel);
        var narrator = new Narrator();
        await story(data, endpoint, narrator, cancel);
        Terminal.Line();
        Terminal.Line(narrator.Surprises.Count == 0
            ? "[green]✓[/] [bold]All of it really happened.[/]"
            : $"[red]✗[/] {narrator.Surprises.Count} of the things above did not happen as told.");
        if (once)
            return narrator.Surprises.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        await GreetAsync(endpoint, cancel);
        Terminal.Line($"It stays up for a look around, also with 'towpath envs --data {Terminal.Text(data)}'. Ctrl-C ends it.");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        return narrator.Surprises.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task GreetAsync(Endpoint endpoint, CancellationToken cancel)
    {
        using var client = new ServerClient(endpoint);
        var link = await OpenVerb.LinkAsync(client, cancel);
        Terminal.Line($"Towpath is up at [bold]{Terminal.Text(endpoint.Url)}[/]; sign in with {Terminal.Text(link)}");
    }

    private static void Remove(string data)
    {
        try
        {
            Directory.Delete(data, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"towpath: {data} could not be removed whole: {e.Message}");
        }
    }
}
