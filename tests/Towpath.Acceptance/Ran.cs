using System.Diagnostics;
using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>A program that ended.</summary>
internal sealed record Ran(int Code, string Output, string Errors)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static async Task<Ran> Async(
        string program, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        using var process = Start(program, arguments, folder, environment);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Longest);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new Ran(process.ExitCode, await output, await errors);
    }

    public static Process Start(
        string program, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        // Whoever runs the tests may have a Towpath of their own.
        foreach (var name in (string[])["TOWPATH_DATA", "TOWPATH_URL", "TOWPATH_TOKEN"])
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public Ran Expect(int code)
    {
        Assert.True(Code == code, $"ended with {Code} instead of {code}\n{Output}\n{Errors}");
        return this;
    }
}
