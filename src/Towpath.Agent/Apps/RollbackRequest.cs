using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Protocol.Files;

namespace Towpath.Agent.Apps;

/// <summary>
/// <c>towpath agent rollback</c>: asks the agent that owns the data folder through a file beside the environment's state, and
/// does the work itself when no agent runs. Whoever may write there could change the state as well.
/// </summary>
public static class RollbackRequest
{
    private const string RequestName = "rollback.request";
    private const string TakenName = "rollback.taken";
    private const string AnswerName = "rollback.answer";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <param name="options">For the case that no agent runs.</param>
    /// <param name="say">Gets a line for everything that happens, as far as it can be seen.</param>
    public static async Task<StageEnded> MakeAsync(
        AppHostOptions options, string project, string environment, Action<string> say, CancellationToken cancel)
    {
        var folder = Path.Combine(options.Data, "agent", "apps", project, environment);
        if (!File.Exists(Path.Combine(folder, "state.json")))
            return StageWork.Failed($"Nothing of {project} was deployed to '{environment}' on this machine.");
        if (!IsOwned(options.Data))
        {
            await using var host = new AppHost(options);
            await host.StartAsync(cancel);
            return await host.RollBackLocallyAsync(project, environment, say, cancel);
        }

        say("the agent was asked");
        var answer = Path.Combine(folder, AnswerName);
        File.Delete(answer);
        DurableFile.Write(Path.Combine(folder, RequestName), []);
        var begun = options.Time.GetTimestamp();
        while (!File.Exists(answer))
        {
            if (options.Time.GetElapsedTime(begun) > Patience)
            {
                return StageWork.Errored(
                    $"The agent did not answer within {Patience.TotalMinutes:0} minutes; its output is in logs/agent.log.");
            }

            await Task.Delay(Poll, options.Time, cancel);
        }

        var reply = JsonSerializer.Deserialize<Answer>(await File.ReadAllBytesAsync(answer, cancel), CoreJson.Options)!;
        foreach (var line in reply.Lines)
            say(line);
        return new StageEnded(reply.Outcome, reply.Reason);
    }

    /// <summary>True when there is a request, which is taken by this: it is answered once.</summary>
    internal static bool TakeIn(string folder)
    {
        var request = Path.Combine(folder, RequestName);
        if (!File.Exists(request))
            return false;
        File.Move(request, Path.Combine(folder, TakenName), overwrite: true);
        return true;
    }

    internal static async Task AnswerAsync(AppHost host, HostedEnvironment environment)
    {
        var lines = new List<string>();
        var ended = await host.RollBackLocallyAsync(environment.State.Project, environment.State.Environment, Say, CancellationToken.None);
        DurableFile.Write(
            Path.Combine(environment.Folder, AnswerName),
            JsonSerializer.SerializeToUtf8Bytes(new Answer(ended.Outcome, ended.Reason, lines.ToValueList()), CoreJson.Options));

        void Say(string line)
        {
            lock (lines)
                lines.Add(line);
            environment.Events.Note(line);
        }
    }

    private static bool IsOwned(string data)
    {
        try
        {
            AppHost.Own(data).Dispose();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private sealed record Answer(Outcome Outcome, string Reason, ValueList<string> Lines);
}
