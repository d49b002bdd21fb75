using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Towpath.Demo;

/// <summary>How a version of the sample service behaves.</summary>
/// <param name="Errors">Of its requests, a share from 0 to 1.</param>
/// <param name="Tail">How many times as long its 95th percentile takes; the quicker half of the requests is as quick as ever.</param>
internal sealed record SampleBehaviour(double Errors, double Tail)
{
    /// <summary>Long enough that what a busy machine adds to it is little.</summary>
    private const double MedianMs = 60;
    private const double Spread = 0.5;
    private const double From = 0.5;
    private const double To = 0.95;

    public static SampleBehaviour Usual { get; } = new(0.002, 1);

    /// <summary>What one request takes: lognormal, as services are, with the slower half stretched.</summary>
    public TimeSpan Draw(Random random)
    {
        // Of two independent draws, by Box and Muller; never the logarithm of 0.
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return TimeSpan.FromMilliseconds(MedianMs * Math.Exp(Spread * normal) * Stretch(normal));
    }

    /// <summary>1 at the median, <see cref="Tail"/> from the 95th percentile on.</summary>
    private double Stretch(double normal)
    {
        // The 95th percentile of the normal distribution; between the two a straight line is near enough.
        const double high = 1.645;
        return 1 + ((Tail - 1) * Math.Clamp(normal / high, 0, 1));
    }
}

/// <summary>The service that <c>towpath demo canary</c> deploys: prices that take a moment to be looked up, and sometimes fail.</summary>
internal static class PriceLookup
{
    public const string SettingsFile = "service.json";
    public const string Health = "/healthz";

    /// <summary>Names the release that answered.</summary>
    public const string ReleaseHeader = "x-release";

    public static string Write(SampleBehaviour behaviour) => JsonSerializer.Serialize(behaviour, Json);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Serves on the port that the environment names, as the file in the current folder says.</summary>
    public static async Task RunAsync(CancellationToken stop)
    {
        var behaviour = JsonSerializer.Deserialize<SampleBehaviour>(await File.ReadAllTextAsync(SettingsFile, stop), Json)!;
        var release = Environment.GetEnvironmentVariable("TOWPATH_RELEASE") ?? "";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT")}");
        await using var app = builder.Build();
        app.Run(async context =>
        {
            if (context.Request.Path == Health)
                return;
            context.Response.Headers[ReleaseHeader] = release;
            await Task.Delay(behaviour.Draw(Random.Shared), context.RequestAborted);
            var failed = Random.Shared.NextDouble() < behaviour.Errors;
            context.Response.StatusCode = failed ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK;
            await context.Response.WriteAsync(
                failed ? "no price\n" : Random.Shared.Next(100, 10_000).ToString(CultureInfo.InvariantCulture) + " cents\n", context.RequestAborted);
        });
        await app.StartAsync(stop);
        await app.WaitForShutdownAsync(stop);
    }
}
