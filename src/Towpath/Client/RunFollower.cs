using System.Net.ServerSentEvents;
using System.Text.Json;
using Towpath.Engine.Views;
using Towpath.Output;
using Towpath.Verbs;

namespace Towpath.Client;

/// <summary>Shows the logs of a run's jobs as they are written, from the first line to the end of the run.</summary>
internal sealed class RunFollower(ServerConnection connection, string project, int number, LogWriterToOut output)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, Task> followed = [];

    /// <param name="job">Only this one; null: all.</param>
    public async Task RunAsync(string? job, CancellationToken cancel)
    {
        await Changes.UntilAsync(connection, $"{project}/runs/{number}", Longest, $"run {number}", async client =>
        {
            var run = await client.GetAsync<RunView>(ServerClient.Path("projects", project, "runs", number), cancel);
            foreach (var one in run.Jobs!.Where(one => one.Log is not null && (job is null || one.Name == job)))
            {
                if (!followed.ContainsKey(one.Log!))
                    followed[one.Log!] = FollowAsync(connection, one.Log!, line => output.Write(one.Name, line), cancel);
            }

            return run.State is "queued" or "running" ? null : run;
        }, cancel);
        await Task.WhenAll(followed.Values);
    }

    /// <summary>Every line once, also when the connection breaks in the middle; returns at the log's end.</summary>
    public static async Task FollowAsync(ServerConnection connection, string log, Action<JsonElement> write, CancellationToken cancel)
    {
        long next = 1;
        var reached = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = connection.Open();
                using var stream = await client.OpenStreamAsync($"{LogsVerb.LogPath(log)}/follow?from={next}", cancel);
                reached = TimeProvider.System.GetTimestamp();
                await using var body = await stream.Content.ReadAsStreamAsync(cancel);
                await foreach (var item in SseParser.Create(body).EnumerateAsync(cancel))
                {
                    if (item.EventType == "complete")
                        return;
                    using var line = JsonDocument.Parse(item.Data);
                    write(line.RootElement);
                    next = line.RootElement.GetProperty("number").GetInt64() + 1;
                }
            }
            catch (UnreachableServerException) when (TimeProvider.System.GetElapsedTime(reached) < Changes.GiveUpAfter)
            {
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                // The server restarts: it is asked for what follows.
                reached = TimeProvider.System.GetTimestamp();
            }

            await Task.Delay(Pause, cancel);
        }
    }
}
