using System.Net.Http.Headers;
using System.Text.Json;

namespace Towpath.Bench.Machine;

/// <summary>What the measurements ask a server.</summary>
internal sealed class TowpathApi : IDisposable
{
    private const string Project = "bench";
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

    public void Dispose() => http.Dispose();
}
