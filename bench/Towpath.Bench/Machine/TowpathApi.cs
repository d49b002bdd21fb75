using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Towpath.Core;
using Towpath.Engine.Views;

namespace Towpath.Bench.Machine;

/// <summary>What the measurements ask a server.</summary>
internal sealed class TowpathApi : IDisposable
{
    public const string Project = "bench";
    private static readonly TimeSpan RunAtMost = TimeSpan.FromMinutes(5);
    private static readonly string[] Ended = ["succeeded", "failed", "errored", "canceled"];

    private readonly HttpClient http;
    private readonly Uri git;

    public TowpathApi(string data)
    {
        using var endpoint = JsonDocument.Parse(File.ReadAllText(Path.Combine(data, "endpoint.json")));
        var url = endpoint.RootElement.GetProperty("url").GetString()!;
        var token = endpoint.RootElement.GetProperty("token").GetString()!;
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"{url}/api/v1/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        git = new UriBuilder(url) { UserName = "x", Password = token, Path = $"/git/{Project}.git" }.Uri;
    }

    /// <summary>Where to push, with the password.</summary>
    public string Remote => git.AbsoluteUri;

    /// <returns>From the moment it was queued until its end was in the journal.</returns>
    /// <exception cref="InvalidOperationException">It did not succeed.</exception>
    public async Task<TimeSpan> RunEndsAsync(int run, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(RunAtMost);
        while (true)
        {
            // First the pause: asking costs what is being measured.
            await Task.Delay(150, limit.Token);
            using var answer = await http.GetAsync(new Uri($"projects/{Project}/runs/{run}", UriKind.Relative), limit.Token);
            using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(limit.Token));
            var state = json.RootElement.GetProperty("state").GetString()!;
            if (!Ended.Contains(state))
                continue;
            if (state != "succeeded")
                throw new InvalidOperationException($"run {run} {state}: {json.RootElement}");
            return At("finishedAt") - At("queuedAt");

            DateTimeOffset At(string moment) => json.RootElement.GetProperty(moment).GetDateTimeOffset();
        }
    }

    public async Task<string> LogAsync(int run, string job, CancellationToken cancel)
    {
        var address = new Uri($"logs/{Project}/runs/{run}/jobs/{job}/attempts/1", UriKind.Relative);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/plain"));
        using var answer = await http.SendAsync(request, cancel);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancel);
    }

    /// <param name="history">So many of the latest deployments that ended.</param>
    /// <returns>Null: it is not there yet.</returns>
    public async Task<EnvironmentView?> EnvironmentAsync(string name, int history, CancellationToken cancel)
    {
        var address = new Uri($"projects/{Project}/environments/{name}?history={history}", UriKind.Relative);
        using var answer = await http.GetAsync(address, cancel);
        return answer.StatusCode == HttpStatusCode.NotFound
            ? null
            : await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<EnvironmentView>(CoreJson.Options, cancel);
    }

    /// <summary>What a person asks of an environment: <c>rollback</c>, <c>advance</c>, <c>resume</c>.</summary>
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public async Task TellAsync(string environment, string deed, CancellationToken cancel)
    {
        using var answer = await http.PostAsync(new Uri($"projects/{Project}/environments/{environment}/{deed}", UriKind.Relative), null, cancel);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{deed} was refused: {await answer.Content.ReadAsStringAsync(cancel)}");
    }

    public void Dispose() => http.Dispose();
}
