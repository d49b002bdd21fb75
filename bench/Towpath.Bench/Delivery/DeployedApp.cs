using System.CommandLine;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Towpath.Bench.Bounds;

namespace Towpath.Bench.Delivery;

/// <summary>
/// What is deployed: fails as often as the file <c>errors</c> beside it says, and tells with each answer which release it is, when it
/// began the request, and what its start took.
/// </summary>
internal static class DeployedApp
{
    public const string Verb = "deployed-app";

    /// <summary>Where Towpath asks whether it is well.</summary>
    public const string Health = "/healthz";

    /// <summary>A share of the requests, 0 to 1.</summary>
    public const string ErrorsFile = "errors";

    /// <summary>When the request began, in 100 ns since 0001, UTC.</summary>
    public const string BegunHeader = "x-begun";

    /// <summary>From the process's start until it answered that it was well, in milliseconds.</summary>
    public const string StartHeader = "x-start";

    public const string PidHeader = "x-pid";

    public static Command CreateVerb()
    {
        var verb = new Command(Verb, "The app that 'rollouts' and 'rollbacks' deploy") { Hidden = true };
        verb.SetAction((_, cancel) => RunAsync(cancel));
        return verb;
    }

    private static async Task RunAsync(CancellationToken cancel)
    {
        var errors = double.Parse(await File.ReadAllTextAsync(ErrorsFile, cancel), CultureInfo.InvariantCulture);
        var release = Environment.GetEnvironmentVariable("TOWPATH_RELEASE") ?? "";
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        var (started, pid) = (self.StartTime.ToUniversalTime(), self.Id.ToString(CultureInfo.InvariantCulture));
        var start = "";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT")}");
        await using var app = builder.Build();
        app.Run(context =>
        {
            var begun = DateTime.UtcNow;
            if (context.Request.Path == Health)
            {
                if (start.Length == 0)
                    start = (begun - started).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            }

            var headers = context.Response.Headers;
            headers[Upstream.ReleaseHeader] = release;
            headers[BegunHeader] = begun.Ticks.ToString(CultureInfo.InvariantCulture);
            headers[StartHeader] = start;
            headers[PidHeader] = pid;
            if (Random.Shared.NextDouble() < errors)
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return context.Response.WriteAsync("well\n", cancel);
        });
        await app.StartAsync(cancel);
        await app.WaitForShutdownAsync(cancel);
    }
}
