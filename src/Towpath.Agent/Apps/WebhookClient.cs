using System.Net;
using System.Net.Http.Json;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Agent.Apps;

/// <summary>Asks a program elsewhere whether a deployment may start.</summary>
internal static class WebhookClient
{
    private const int AnswerAtMost = 16 << 10;
    private const int ReasonAtMost = 500;
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(10);

    /// <summary>An answer that leads elsewhere is none: the next one might be to something that nobody wrote into the pipeline file.</summary>
    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    })
    { Timeout = AnswersWithin, MaxResponseContentBufferSize = AnswerAtMost };

    /// <summary>Succeeded: yes. Failed: no. Errored: neither, with the reason.</summary>
    /// <param name="secrets">Those that its headers name.</param>
    public static async Task<StageEnded> AskAsync(AskWebhook question, IReadOnlyDictionary<string, string> secrets, CancellationToken cancel)
    {
        var (headers, missing) = SecretHeaders.Fill(question.Headers, secrets);
        if (missing is not null)
            return Neither(SecretText.MissingInHeader(question.Plan.Environment, missing));
        var ended = await AskAsync(question, headers, cancel);
        // Whoever answers with what it was sent must not bring it into the journal.
        return ended with { Reason = SecretText.Masked(ended.Reason, secrets.Values) };
    }

    private static async Task<StageEnded> AskAsync(AskWebhook question, OrdinalMap<string> headers, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, question.Url)
            {
                Content = JsonContent.Create(question.Plan, new(MediaTypeNames.Application.Json), CoreJson.Options),
            };
            request.Headers.UserAgent.ParseAdd("towpath");
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            using var response = await Client.SendAsync(request, cancel);
            return Read(response.StatusCode, await response.Content.ReadAsStringAsync(cancel));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return Neither("It was called off.");
        }
        catch (OperationCanceledException)
        {
            return Neither($"It did not answer within {AnswersWithin.TotalSeconds:0} s.");
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException or InvalidOperationException or NotSupportedException)
        {
            return Neither($"It could not be asked: {e.Message}");
        }
    }

    private static StageEnded Read(HttpStatusCode status, string body)
    {
        if (status is not (HttpStatusCode.OK or HttpStatusCode.Accepted))
            return Neither($"It answered {(int)status}.");
        var answer = Parse(body);
        var waits = Text(answer, "wait");
        if (status == HttpStatusCode.Accepted || waits is not null)
            return Neither(waits is { Length: > 0 } ? $"It says: {waits}" : "It says that it is not ready.");
        return answer is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty("pass", out var pass)
            ? pass.ValueKind switch
            {
                JsonValueKind.True => new StageEnded(Outcome.Succeeded, ""),
                JsonValueKind.False => new StageEnded(Outcome.Failed, Text(answer, "reason") is { Length: > 0 } reason ? reason : "It gives no reason."),
                _ => Neither("It answered with a 'pass' that is neither true nor false."),
            }
            : Neither("It answered without a 'pass'.");
    }

    private static JsonElement? Parse(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>One line that steers no terminal; null when it is not there.</summary>
    private static string? Text(JsonElement? answer, string name)
    {
        if (answer is not { ValueKind: JsonValueKind.Object } known || !known.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        var text = new StringBuilder();
        foreach (var rune in value.GetString()!.EnumerateRunes().Take(ReasonAtMost))
            text.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        return text.ToString().Trim();
    }

    private static StageEnded Neither(string reason) => new(Outcome.Errored, reason);
}
