using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

// An app to be deployed by tests. What it does wrong is asked for in its environment.
var started = TimeProvider.System.GetTimestamp();
Console.WriteLine($"{Variable("TOWPATH_APP")} of {Variable("TOWPATH_RELEASE")} starts");

if (Variable("TEST_EXIT") is { Length: > 0 } code)
{
    Console.Error.WriteLine("cannot go on: told to exit");
    return int.Parse(code, CultureInfo.InvariantCulture);
}

// A daemon as they are written: away from its parent, its session and its output.
if (Variable("TEST_DAEMON").Length > 0)
    Process.Start("/bin/sh", ["-c", "setsid nohup sleep 1000 </dev/null >/dev/null 2>&1 &"]).WaitForExit();

using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    if (Variable("TEST_IGNORE_TERM").Length == 0)
        Environment.Exit(0);
});

if (Variable("TEST_IGNORE_TERM").Length > 0)
    Console.WriteLine("ignores TERM");

if (Variable("TEST_ORDER") is { Length: > 0 } order)
{
    File.AppendAllText(order, $"{Variable("TOWPATH_RELEASE")} starts\n");
    AppDomain.CurrentDomain.ProcessExit += (_, _) => File.AppendAllText(order, $"{Variable("TOWPATH_RELEASE")} stops\n");
}

if (Variable("PORT").Length == 0)
{
    Thread.Sleep(Timeout.Infinite);
    return 0;
}

var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().UseUrls(Variable("TEST_URL") is { Length: > 0 } other ? other : Variable("ASPNETCORE_URLS"));
builder.Services.AddRoutingCore();
await using var app = builder.Build();
app.UseRouting();
app.UseEndpoints(_ => { });
var errors = double.Parse(Variable("TEST_ERRORS") is { Length: > 0 } share ? share : "0", CultureInfo.InvariantCulture);
app.MapGet("/", () => Results.Text(
    $"{Variable("TOWPATH_RELEASE")} {Variable("TOWPATH_APP_INDEX")} {Environment.ProcessId}",
    statusCode: Random.Shared.NextDouble() < errors ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK));
// As Prometheus reads it.
app.MapGet("/metrics", () => Results.Text(
    $"app_queue_length{{release=\"{Variable("TOWPATH_RELEASE")}\"}} {(Variable("TEST_QUEUE") is { Length: > 0 } queue ? queue : "0")}\n"));
app.MapGet("/env", (HttpRequest request) => Variable(request.Query["name"].ToString()));
app.MapGet("/crash", () => Environment.FailFast("asked to"));
app.MapGet("/healthz", () =>
{
    var until = double.Parse(Variable("TEST_UNHEALTHY_SECONDS") is { Length: > 0 } seconds ? seconds : "0", CultureInfo.InvariantCulture);
    return TimeProvider.System.GetElapsedTime(started).TotalSeconds < until
        ? Results.Text("the database is away\nsecond line", statusCode: 503)
        : Results.Text("well");
});
await app.RunAsync();
return 0;

static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? "";
