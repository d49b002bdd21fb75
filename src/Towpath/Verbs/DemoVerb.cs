using System.CommandLine;
using System.Net;
using Towpath.Client;
using Towpath.Demo;
using Towpath.Local;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class DemoVerb
{
    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "End after the story: 0 only when all of it really happened" };
        var keep = new Option<bool>("--keep") { Description = "Keep the data folder that the demo made for itself" };
        var command = new Command("demo", "A sample service goes to production; then bad commits are caught") { once, keep };
        command.SetAction(async typed =>
        {
            var given = typed.GetValue(CommonOptions.Data);
            var data = given is null ? Directory.CreateTempSubdirectory("towpath-demo-").FullName : DataFolder.Resolve(given);
            try
            {
                return await RunAsync(data, typed.GetValue(once));
            }
            finally
            {
                if (given is null && !typed.GetValue(keep))
                    Remove(data);
                else
                    Terminal.Line($"{Terminal.Quiet($"What it did lies in {data}.")}");
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(string data, bool once)
    {
        var repository = Path.Combine(data, "demo", DemoRepository.Project);
        using var slot = Slot.TryTake(data, "up");
        if (slot is null || Directory.Exists(repository))
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
            return await TellAsync(data, repository, endpoint, once, end.Token);
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

    private static async Task<int> TellAsync(string data, string folder, Endpoint endpoint, bool once, CancellationToken cancel)
    {
        await GreetAsync(endpoint, cancel);
        var (staging, production) = (FreePort.Next(), FreePort.Next());
        var narrator = new Narrator();
        var story = new DemoStory(
            endpoint,
            new ServerConnection(data, endpoint),
            new DemoRepository(folder, endpoint, staging, production),
            $"http://127.0.0.1:{production}/",
            narrator);
        await story.TellAsync(cancel);
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
