using System.Diagnostics;

namespace Towpath.Engine.Git;

/// <summary>What a git that Towpath starts sees: nothing of the user's or the machine's own settings.</summary>
/// <param name="Folder"><c>DATA/git</c></param>
public sealed record GitSurroundings(string Folder)
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);

    public string ConfigFile => Path.Combine(Folder, "config");

    /// <summary>A git process with clean variables, all three streams redirected.</summary>
    public ProcessStartInfo Start(string program, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Folder,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = Folder;
        start.Environment["LC_ALL"] = "C";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_ATTR_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = ConfigFile;
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        return start;
    }

    /// <returns>The exit code, what it printed, and what it complained about.</returns>
    /// <exception cref="OperationCanceledException">It was ended because the caller gave up.</exception>
    public async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] arguments, CancellationToken cancel, string input = "")
    {
        using var git = Process.Start(Start("git", arguments)) ?? throw new GitException("git does not start.");
        using var patience = new CancellationTokenSource();
        await using var killing = patience.Token.Register(() => git.Kill(entireProcessTree: true));
        await using var ending = cancel.Register(() =>
        {
            GitProcesses.Terminate(git.Id);
            patience.CancelAfter(EndsWithin);
        });
        var errors = git.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = git.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await FeedAsync(git, input);
        await git.WaitForExitAsync(CancellationToken.None);
        if (cancel.IsCancellationRequested)
        {
            // One that it was just starting holds its locks, and these streams, for a moment longer.
            await Task.WhenAny(Task.WhenAll(errors, output), Task.Delay(EndsWithin, CancellationToken.None));
            cancel.ThrowIfCancellationRequested();
        }

        return (git.ExitCode, await output, await errors);
    }

    private static async Task FeedAsync(Process git, string input)
    {
        try
        {
            await git.StandardInput.WriteAsync(input);
            git.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended early, and says why.
        }
    }
}
