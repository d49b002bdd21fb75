using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Towpath.Tests.Agent.Apps;

/// <summary>An HTTP server that answers as it is told, also as Prometheus would.</summary>
internal sealed class NumberServer : IAsyncDisposable
{
    private readonly WebApplication web;

    private NumberServer(WebApplication web) => this.web = web;

    /// <summary>Path to what is answered to it.</summary>
    public Dictionary<string, Func<HttpContext, Task>> Answers { get; } = new(StringComparer.Ordinal);

    public string Url => web.Urls.First();

    public static async Task<NumberServer> StartAsync()
    {
        var host = WebApplication.CreateSlimBuilder();
        host.Logging.ClearProviders();
        host.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new NumberServer(host.Build());
        server.web.Run(context => server.Answers.TryGetValue(context.Request.Path, out var answer) ? answer(context) : NotFound(context));
        await server.web.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <returns>Its address.</returns>
    public string Says(string path, string json, int status = 200)
    {
        Answers[path] = context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (status, "application/json");
            return context.Response.WriteAsync(json);
        };
        return Url + path;
    }

    /// <summary>A Prometheus whose every query has this result.</summary>
    public string Prometheus(string name, string type, string result) => Says(
        $"/{name}/api/v1/query", $$"""{ "status": "success", "data": { "resultType": "{{type}}", "result": {{result}} } }""")[..^"/api/v1/query".Length];

    public ValueTask DisposeAsync() => web.DisposeAsync();

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }
}
