using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Agent.Apps;

/// <summary>
/// Asks the sources of metrics for numbers. Whatever goes wrong there is an answer without a number, and never the end of a measurement.
/// </summary>
internal static class MetricSources
{
    /// <summary>Bytes of an answer that are read; a longer one is a problem.</summary>
    public const int LongestAnswer = 256 * 1024;

    private const int AtOnce = 8;
    private const int LongestLine = 4096;

    /// <summary>They are asked directly: what has to be reached through a proxy is for a command.</summary>
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, MaxAutomaticRedirections = 3 })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Goes nowhere else: what it brings along is meant for one address.</summary>
    private static readonly HttpClient Faithful = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>One sample for each question, in the same order.</summary>
    public static async Task<ValueList<MetricSample>> AskAsync(
        StageWork work, HostedRelease release, ValueList<MetricQuestion> questions, CancellationToken cancel)
    {
        using var turns = new SemaphoreSlim(AtOnce);
        return (await Task.WhenAll(questions.Select(InTurnAsync))).ToValueList();

        async Task<MetricSample> InTurnAsync(MetricQuestion question)
        {
            await turns.WaitAsync(cancel);
            try
            {
                return await AskAsync(work, release, question, cancel);
            }
            finally
            {
                turns.Release();
            }
        }
    }

    private static async Task<MetricSample> AskAsync(StageWork work, HostedRelease release, MetricQuestion question, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(question.Timeout, work.Parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        string problem;
        try
        {
            var text = question.Source switch
            {
                PrometheusQuery prometheus => await AskPrometheusAsync(prometheus, Headers(prometheus.Headers), either.Token),
                HttpNumber http => NumberIn(
                    await ReadAsync(new HttpRequestMessage(HttpMethod.Get, http.Url), Headers(http.Headers), either.Token), http.Value),
                CommandNumber command => await RunAsync(work, release, question, command, cancel),
                _ => throw new IOException("This agent does not know such a source: install the server's version of Towpath here."),
            };
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
                return new(question.Metric, question.OfLive, value, "");
            problem = text.Length == 0 ? "Nothing came back." : $"'{text}' is not a number.";
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"No answer within {question.Timeout.TotalSeconds:0.#} s.");
        }
        catch (JsonException broken)
        {
            problem = $"The answer is not JSON: {broken.Message}";
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or UriFormatException or InvalidOperationException)
        {
            problem = broken.Message;
        }

        return new(question.Metric, question.OfLive, null, Clipped(problem));

        OrdinalMap<string> Headers(OrdinalMap<string> named)
        {
            var (headers, missing) = SecretHeaders.Fill(named, release.Secrets);
            return missing is null ? headers : throw new IOException(SecretText.MissingInHeader(work.Plan.Environment, missing));
        }
    }

    private static async Task<string> AskPrometheusAsync(PrometheusQuery source, OrdinalMap<string> headers, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{source.Url}/api/v1/query")
        {
            Content = new FormUrlEncodedContent([new("query", source.Query)]),
        };
        using var answer = JsonDocument.Parse(await ReadAsync(request, headers, cancel, alsoErrors: true));
        var root = answer.RootElement;
        if (At(root, "status")?.GetString() != "success")
            throw new IOException($"Prometheus refused the query: {At(root, "error")?.GetString() ?? "it does not say why"}");
        var result = At(root, "data") is { } data ? At(data, "result") : null;
        if (result is not { ValueKind: JsonValueKind.Array } values)
            throw new IOException("Prometheus answered without a result.");
        // A scalar is [time, value]; a vector is a list of { value: [time, value] }.
        if (At(root.GetProperty("data"), "resultType")?.GetString() == "scalar")
            return values[1].GetString() ?? "";
        if (values.GetArrayLength() == 0)
            throw new IOException("The query found nothing.");
        if (values.GetArrayLength() > 1)
            throw new IOException($"The query found {values.GetArrayLength()} series: make one number of them, such as with sum().");
        return At(values[0], "value") is { ValueKind: JsonValueKind.Array } sample
            ? sample[1].GetString() ?? ""
            : throw new IOException("The query gives no instant value: a range has to become one, such as with rate() or avg_over_time().");
    }

    private static JsonElement? At(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var found) ? found : null;

    private static string NumberIn(byte[] json, string path)
    {
        using var answer = JsonDocument.Parse(json);
        var at = answer.RootElement;
        foreach (var part in path[1..].Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
        {
            var found = part.EndsWith(']')
                ? at.ValueKind == JsonValueKind.Array && int.Parse(part[..^1], CultureInfo.InvariantCulture) is var index && index < at.GetArrayLength() ? at[index] : null
                : At(at, part);
            at = found ?? throw new IOException($"There is no {path} in the answer.");
        }

        return at.ValueKind switch
        {
            JsonValueKind.Number => at.GetRawText(),
            JsonValueKind.String => at.GetString()!,
            JsonValueKind.Null => throw new IOException($"{path} is null."),
            _ => throw new IOException($"{path} is no number."),
        };
    }

    private static async Task<byte[]> ReadAsync(HttpRequestMessage request, OrdinalMap<string> headers, CancellationToken cancel, bool alsoErrors = false)
    {
        using var asked = request;
        asked.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        foreach (var (name, value) in headers)
            asked.Headers.TryAddWithoutValidation(name, value);
        using var response = await (headers.Count == 0 ? Client : Faithful).SendAsync(asked, HttpCompletionOption.ResponseHeadersRead, cancel);
        var isJson = response.Content.Headers.ContentType?.MediaType == "application/json";
        if (!response.IsSuccessStatusCode && !(alsoErrors && isJson))
            throw new IOException($"It answered {(int)response.StatusCode}.");
        var buffer = new byte[LongestAnswer + 1];
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        return read <= LongestAnswer ? buffer[..read] : throw new IOException($"The answer is longer than {LongestAnswer / 1024} KiB.");
    }

    private static async Task<string> RunAsync(
        StageWork work, HostedRelease release, MetricQuestion question, CommandNumber command, CancellationToken cancel)
    {
        var (output, error) = ("", "");
        await using var log = new LogWriter(
            (_, _, channel, line) =>
            {
                var text = Encoding.UTF8.GetString(line).Trim();
                if (text.Length == 0)
                    return;
                if (channel == LogChannel.Output)
                    output = text;
                else
                    error = text;
            },
            limits: new LogLimits(LongestLine, LongestAnswer));
        var folder = work.Environment.FolderOf(work.Plan);
        var environment = ReleaseEnvironment.Of(work.Plan, release.Secrets, work.Environment.Home);
        environment["TOWPATH_PACKAGE"] = folder.App;
        // Several run at once, and each is ended with all that it started: they need names of their own.
        var id = $"{work.CommandId}/{question.Metric}{(question.OfLive ? "/live" : "")}";
        var surroundings = new StepSurroundings(folder.Deploy, environment, ["/", folder.Deploy, folder.App, work.Environment.Home], id);
        var ended = await work.Parts.Options.Steps.RunAsync(
            new StepDefinition(question.Metric, command.Command, OrdinalMap<string>.Empty, question.Timeout, "sh"), surroundings, log, cancel);
        cancel.ThrowIfCancellationRequested();
        if (ended.Status == StepStatus.Succeeded)
            return output;
        throw new IOException(ended.ExitCode is { } code
            ? $"The command ended with exit code {code}{(error.Length > 0 ? $": {error}" : "")}."
            : $"The command could not be run: {ended.Reason}.");
    }

    private static string Clipped(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= MetricSample.LongestProblem ? line : line[..(MetricSample.LongestProblem - 1)] + "…";
    }
}
