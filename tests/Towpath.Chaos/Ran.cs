using System.Diagnostics;

namespace Towpath.Chaos;

/// <summary>A program that ended.</summary>
internal sealed record Ran(int Code, string Output)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <returns>Code -1 when it took too long and was ended.</returns>
    public static async Task<Ran> Async(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment = null)
    {
        using var process = Start(program, arguments, folder, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new Ran(-1, await output + await errors);
        }

        return new Ran(process.ExitCode, await output + await errors);
    }

    public static Process Start(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        // Whoever runs this may have a Towpath of their own.
        foreach (var name in (string[])["TOWPATH_DATA", "TOWPATH_URL", "TOWPATH_TOKEN"])
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
