using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Towpath.Engine.Git;

namespace Towpath.Server.Git;

/// <summary>Serves one request with <c>git http-backend</c>, as CGI: one process, and both streams copied as they come.</summary>
internal sealed class HttpBackend(Repositories repositories, TimeProvider time, ILogger log)
{
    /// <summary>A clone over a slow line, or a push that waits for its whole journey.</summary>
    private static readonly TimeSpan RequestAtMost = TimeSpan.FromHours(2);

    private const int HeaderAtMost = 16 * 1024;
    private const int ErrorsKept = 16 * 1024;

    /// <param name="push">Null when refs are only read.</param>
    public async Task ServeAsync(HttpContext context, string repository, string path, PushSession? push)
    {
        LiftLimits(context);
        var start = Request(context, repository, path);
        push?.Prepare(start);
        using var limit = new CancellationTokenSource(RequestAtMost, time);
        using var git = Process.Start(start) ?? throw new GitException("git http-backend does not start.");
        using var tooLong = limit.Token.Register(() => git.Kill(entireProcessTree: true));

        // Nobody wants the rest of a clone. A push that has arrived goes on: half of it may be done.
        using var gone = context.RequestAborted.Register(() =>
        {
            push?.GiveUp();
            if (push is null)
                git.Kill(entireProcessTree: true);
        });
        var body = CopyBodyAsync(context.Request, git.StandardInput.BaseStream, limit.Token);
        var errors = ReadErrorsAsync(git);
        var isAnswered = await CopyAnswerAsync(git.StandardOutput.BaseStream, context);
        await git.WaitForExitAsync(CancellationToken.None);
        await body;
        if (await errors is { Length: > 0 } complaints)
            log.LogInformation("git http-backend for {Path}: {Complaints}", path, complaints);
        if (!isAnswered && !context.RequestAborted.IsCancellationRequested)
        {
            await Answers.SayAsync(
                context, StatusCodes.Status500InternalServerError, "git could not serve this request; the server's log says why.");
        }
    }

    private static void LiftLimits(HttpContext context)
    {
        // Git has a limit of its own (receive.maxInputSize), and clients pause while they compress.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request)
            request.MinDataRate = null;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } response)
            response.MinDataRate = null;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private ProcessStartInfo Request(HttpContext context, string repository, string path)
    {
        var start = repositories.Surroundings.Start(repositories.Program.HttpBackend);
        var environment = start.Environment;
        environment["GIT_PROJECT_ROOT"] = repositories.Folder;
        environment["GIT_HTTP_EXPORT_ALL"] = "1";
        environment["PATH_INFO"] = $"/{Path.GetFileName(repository)}/{path}";
        environment["REQUEST_METHOD"] = context.Request.Method;
        environment["QUERY_STRING"] = context.Request.QueryString.Value?.TrimStart('?') ?? "";
        environment["CONTENT_TYPE"] = context.Request.ContentType ?? "";
        environment["REMOTE_USER"] = context.User.Identity?.Name ?? "towpath";
        environment["REMOTE_ADDR"] = context.Connection.RemoteIpAddress?.ToString() ?? "";
        if (context.Request.ContentLength is { } length)
            environment["CONTENT_LENGTH"] = length.ToString(CultureInfo.InvariantCulture);
        if (context.Request.Headers.ContentEncoding is [{ } encoding])
            environment["HTTP_CONTENT_ENCODING"] = encoding;
        if (context.Request.Headers["Git-Protocol"] is [{ Length: < 100 } protocol])
            environment["GIT_PROTOCOL"] = protocol;
        return start;
    }

    private static async Task CopyBodyAsync(HttpRequest request, Stream input, CancellationToken limit)
    {
        try
        {
            await using (input)
                await request.Body.CopyToAsync(input, limit);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Git ended early and says why in its answer, which the client reads after it has sent everything; or the
            // client went away, and git ends because its input does.
            await DrainAsync(request, limit);
        }
    }

    private static async Task DrainAsync(HttpRequest request, CancellationToken limit)
    {
        try
        {
            await request.Body.CopyToAsync(Stream.Null, limit);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client went away, or took too long.
        }
    }

    private static async Task<string> ReadErrorsAsync(Process git)
    {
        var kept = new StringBuilder();
        var buffer = new char[1024];
        while (await git.StandardError.ReadAsync(buffer) is > 0 and var count)
            kept.Append(buffer, 0, Math.Min(count, ErrorsKept - kept.Length));
        return kept.ToString().Trim();
    }

    /// <returns>False when git said nothing that is an answer.</returns>
    private static async Task<bool> CopyAnswerAsync(Stream output, HttpContext context)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        var end = -1;
        while (end < 0)
        {
            var count = await output.ReadAsync(buffer.AsMemory(filled));
            filled += count;
            end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end < 0 && (count == 0 || filled > HeaderAtMost))
                return false;
        }

        TakeHeaders(Encoding.ASCII.GetString(buffer, 0, end), context.Response);
        var rest = buffer.AsMemory(end + 4, filled - end - 4);
        do
        {
            await SendAsync(context, rest);
            rest = buffer.AsMemory(0, await output.ReadAsync(buffer));
        }
        while (rest.Length > 0);
        return true;
    }

    private static void TakeHeaders(string headers, HttpResponse response)
    {
        foreach (var line in headers.Split("\r\n"))
        {
            if (line.Split(": ", 2) is not [var name, var value])
                continue;
            if (name.Equals("Status", StringComparison.OrdinalIgnoreCase))
                response.StatusCode = int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
            else
                response.Headers[name] = value;
        }
    }

    /// <summary>When the client is gone, git is still read to its end: a full pipe would stop it in the middle.</summary>
    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty || context.RequestAborted.IsCancellationRequested)
            return;
        try
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It went away just now.
        }
    }
}
