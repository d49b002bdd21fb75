using System.CommandLine;
using System.Net;
using Towpath.Client;
using Towpath.Local;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class UpVerb
{
    public static Command Create()
    {
        var listen = ListenOption.Create();
        var command = new Command("up", "Starts server, agent and router on this machine, and keeps them running until Ctrl-C") { listen };
        var limits = new ServerLimits();
        limits.AddTo(command);
        command.SetAction(typed => RunAsync(
            DataFolder.Resolve(typed.GetValue(CommonOptions.Data)), typed.GetRequiredValue(listen), typed.GetValue(CommonOptions.Json),
            limits.Arguments(typed)));
        return command;
    }

    private static async Task<int> RunAsync(string data, IPEndPoint listen, bool json, string[] serverOptions)
    {
        using var slot = Slot.TryTake(data, "up");
        if (slot is null)
            return SayAlreadyUp(data, json);
        using var signals = new StopSignals();
        var installation = new Installation(data, listen, text => Console.Error.WriteLine($"towpath: {text}"), serverOptions);
        Endpoint endpoint;
        try
        {
            endpoint = await installation.StartAsync(signals.Token);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Done;
        }

        try
        {
            await GreetAsync(data, endpoint, json, signals.Token);
            await installation.KeepAsync(signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
        }
        finally
        {
            await installation.EndAsync();
        }

        if (!json)
            Terminal.Line("Server and agent ended; apps and router go on. 'towpath up' brings them back, 'towpath down' ends everything.");
        return ExitCode.Done;
    }

    private static int SayAlreadyUp(string data, bool json)
    {
        var endpoint = Endpoint.Read(data);
        if (json)
            Console.Out.WriteLine($$"""{"url":"{{endpoint?.Url}}","alreadyUp":true}""");
        else
            Terminal.Line(
                $"Towpath is already up{(endpoint is null ? "" : $" at {Terminal.Text(endpoint.Url)}")} (data in {Terminal.Text(data)}).");
        return ExitCode.Done;
    }

    private static async Task GreetAsync(string data, Endpoint endpoint, bool json, CancellationToken cancel)
    {
        using var client = new ServerClient(endpoint);
        var link = await OpenVerb.LinkAsync(client, cancel);
        if (json)
        {
            Console.Out.WriteLine($$"""{"url":"{{endpoint.Url}}","signIn":"{{link}}"}""");
            return;
        }

        Terminal.Line($"[green]✓[/] Towpath is up at [bold]{Terminal.Text(endpoint.Url)}[/]  {Terminal.Quiet($"(data in {data})")}");
        Terminal.Line($"  sign in    {Terminal.Text(link)}  {Terminal.Quiet("(once, within ten minutes; 'towpath open' makes another)")}");
        Terminal.Line("  next       in a repository: towpath init, towpath remote, commit, git push towpath main");
        Terminal.Line($"  {Terminal.Quiet("Ctrl-C ends server and agent; apps and router go on.")}");
    }
}
