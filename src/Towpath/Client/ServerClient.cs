using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Towpath.Core;
using Towpath.Local;

namespace Towpath.Client;

/// <summary>Asks a server through its REST API. What it answers with an error ends the command with its sentence.</summary>
internal sealed class ServerClient : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(100);

    private readonly HttpClient http;

    public ServerClient(Endpoint endpoint)
    {
        Endpoint = endpoint;
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            BaseAddress = new Uri(endpoint.Url.TrimEnd('/') + "/api/v1/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", endpoint.Token);
        // A header with other letters is not sent at all, which would look like a server that is away.
        if (Ascii.IsValid(Environment.UserName))
            http.DefaultRequestHeaders.TryAddWithoutValidation("X-Towpath-By", Environment.UserName);
    }

    public Endpoint Endpoint { get; }

    /// <summary>A path of the API, each part escaped: <c>Path("projects", name)</c>.</summary>
    public static string Path(params ReadOnlySpan<object> parts)
    {
        var escaped = new string[parts.Length];
        for (var index = 0; index < parts.Length; index++)
            escaped[index] = Uri.EscapeDataString(Convert.ToString(parts[index], System.Globalization.CultureInfo.InvariantCulture)!);
        return string.Join('/', escaped);
    }

    public static async Task<bool> IsHealthyAsync(string url)
    {
        try
        {
            using var probe = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
            using var answer = await probe.GetAsync(new Uri(url.TrimEnd('/') + "/healthz"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public async Task<T> GetAsync<T>(string path, CancellationToken cancel) => Read<T>(await GetTextAsync(path, cancel));

    public Task<string> GetTextAsync(string path, CancellationToken cancel) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancel);

    /// <summary>The body as it is, for bodies that are not JSON.</summary>
    public Task<string> GetPlainAsync(string path, CancellationToken cancel) =>
        SendAsync(Get(path, "text/plain"), cancel);

    public Task<string> PostAsync(string path, object? body, CancellationToken cancel) => SendAsync(HttpMethod.Post, path, body, cancel);

    public Task<string> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancel) =>
        SendAsync(new HttpRequestMessage(method, path) { Content = Json(body) }, cancel);

    /// <summary>Sends the content only once the server wants it: a refusal in the middle would look as if nobody were there.</summary>
    public Task<string> UploadAsync(string path, HttpContent content, CancellationToken cancel) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Headers = { ExpectContinue = true } },
            cancel,
            Timeout.InfiniteTimeSpan);

    /// <summary>Copies a body of any size; one that breaks off ends with an error.</summary>
    public async Task DownloadAsync(string path, Stream target, CancellationToken cancel)
    {
        using var request = Get(path, "application/gzip");
        using var answer = await ReachAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!answer.IsSuccessStatusCode)
            throw await RefusalAsync(answer, cancel);
        try
        {
            await answer.Content.CopyToAsync(target, cancel);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            throw ExitException.Refused("the server broke off in the middle; its log (DATA/logs/server.log) says why.");
        }
    }

    /// <summary>A stream of server-sent events; the answer's headers are there when this returns.</summary>
    public async Task<HttpResponseMessage> OpenStreamAsync(string path, CancellationToken cancel)
    {
        using var request = Get(path, "text/event-stream");
        var answer = await ReachAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw await RefusalAsync(answer, cancel);
    }

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, CoreJson.Options)!;

    public void Dispose() => http.Dispose();

    private static HttpRequestMessage Get(string path, string accept) =>
        new(HttpMethod.Get, path) { Headers = { Accept = { new MediaTypeWithQualityHeaderValue(accept) } } };

    private static JsonContent? Json(object? body) => body is null ? null : JsonContent.Create(body, body.GetType(), options: CoreJson.Options);

    private async Task<string> SendAsync(HttpRequestMessage request, CancellationToken cancel, TimeSpan? within = null)
    {
        using (request)
        using (var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            deadline.CancelAfter(within ?? AnswerWithin);
            try
            {
                using var answer = await ReachAsync(request, HttpCompletionOption.ResponseContentRead, deadline.Token);
                return answer.IsSuccessStatusCode
                    ? await answer.Content.ReadAsStringAsync(deadline.Token)
                    : throw await RefusalAsync(answer, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                throw new UnreachableServerException(
                    $"the server at {Endpoint.Url} did not answer within {AnswerWithin.TotalSeconds:0} s.");
            }
        }
    }

    private async Task<HttpResponseMessage> ReachAsync(HttpRequestMessage request, HttpCompletionOption option, CancellationToken cancel)
    {
        try
        {
            return await http.SendAsync(request, option, cancel);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new UnreachableServerException($"the server at {Endpoint.Url} cannot be reached: is it up? ('towpath up' starts it)");
        }
    }

    private static async Task<ExitException> RefusalAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var text = await answer.Content.ReadAsStringAsync(cancel);
        // A request that makes no sense was typed wrongly; everything else is the server's no.
        var code = answer.StatusCode == HttpStatusCode.BadRequest ? ExitCode.Usage : ExitCode.Refused;
        return new ExitException(code, Sentence(text) ?? $"the server answered {(int)answer.StatusCode} {answer.ReasonPhrase}.");
    }

    private static string? Sentence(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("detail", out var detail)
                ? detail.GetString()
                : null;
        }
        catch (JsonException)
        {
            var line = body.Split('\n')[0].Trim();
            return line.Length is > 0 and < 500 && !line.StartsWith('<') ? line : null;
        }
    }
}
