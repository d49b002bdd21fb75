using System.ComponentModel;
using System.Diagnostics;

namespace Towpath.Client;

/// <summary>git on the user's own repository.</summary>
internal static class GitCommand
{
    /// <returns>What it printed.</returns>
    /// <exception cref="ExitException">It is missing, or said no.</exception>
    public static async Task<string> RunAsync(
        string[] arguments, CancellationToken cancel, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (code, output, errors) = await TryAsync(arguments, cancel, folder, environment);
        return code == 0 ? output : throw ExitException.Refused($"git {arguments[0]}: {errors.Trim()}");
    }

    public static async Task<(int Code, string Output, string Errors)> TryAsync(
        string[] arguments, CancellationToken cancel, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        try
        {
            using var git = Process.Start(start)!;
            git.StandardInput.Close();
            var errors = git.StandardError.ReadToEndAsync(cancel);
            var output = await git.StandardOutput.ReadToEndAsync(cancel);
            await git.WaitForExitAsync(cancel);
            return (git.ExitCode, output, await errors);
        }
        catch (Win32Exception)
        {
            throw ExitException.Refused("git is missing: install it (apt-get install git).");
        }
    }
}
