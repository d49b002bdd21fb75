using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Towpath.Bench.Machine;

namespace Towpath.Bench.Bounds;

/// <summary>The app behind every proxy: answers each request at once with 1 KiB.</summary>
internal static class Upstream
{
    public const string Verb = "upstream";

    /// <summary>Which version gave the answer.</summary>
    public const string ReleaseHeader = "x-release";

    private static readonly Option<string?> Release = new("--release") { Description = "Named in each answer" };

    public static Command CreateVerb()
    {
        var verb = new Command(Verb, "What 'router' sends its requests to: serves until its standard input ends") { Release };
        verb.Hidden = true;
        verb.SetAction(typed => RunAsync(typed.GetValue(Release)));
        return verb;
    }

    private static async Task RunAsync(string? release)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var body = new byte[1024];
        Array.Fill(body, (byte)'x');
        app.Run(context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.ContentLength = body.Length;
            if (release is not null)
                context.Response.Headers[ReleaseHeader] = release;
            return context.Response.Body.WriteAsync(body).AsTask();
        });
        await app.StartAsync();
        OwnVerb.Ready(app.Urls.First());
        await OwnVerb.StarterIsGoneAsync();
        await app.StopAsync();
    }
}
