using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Towpath.Agent.Apps;

/// <summary>
/// Starts a command so that it outlives the agent: a session of its own, nothing on its standard input, and its output in a
/// file (a pipe would break when the agent dies).
/// </summary>
internal static partial class InstanceStart
{
    /// <summary>$0 is the log, $1 the command. The pipes that the framework made end here, before the app begins.</summary>
    private const string Wrapper = "exec </dev/null >>\"$0\" 2>&1; exec setsid sh -c \"$1\"";

    /// <param name="folder">Exists.</param>
    /// <param name="environment">Complete: nothing is inherited.</param>
    /// <exception cref="IOException">It could not be started; the message says why.</exception>
    public static (Process Process, ProcessIdentity Identity) Start(
        string command, string folder, IReadOnlyDictionary<string, string> environment, string log)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Wrapper, log, WithoutShell(command)])
        {
            WorkingDirectory = folder,
            // Redirected only so that the framework leaves the agent's terminal alone.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            // Makes an unwritable log an error here, with the system's own words.
            File.Open(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite).Dispose();
            var process = Process.Start(start) ?? throw new IOException("The system started no process.");
            process.StandardInput.Dispose();
            process.StandardOutput.Dispose();
            process.StandardError.Dispose();
            // Gone already means ended: its exit code is asked for where its life is watched.
            return (process, ProcessTable.Find(process.Id)?.Identity ?? new ProcessIdentity(process.Id, 0));
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            throw new IOException(refused.Message, refused);
        }
    }

    /// <summary>
    /// One plain program takes the place of the shell, so that the pid that is watched and told to end is the app's. Anything
    /// that needs the shell (several commands, a variable before the program, a builtin) is left as it is.
    /// </summary>
    internal static string WithoutShell(string command) => PlainProgram().IsMatch(command) ? "exec " + command.TrimStart() : command;

    [GeneratedRegex("""
        ^\s*
        (?!(?:\.|cd|export|set|unset|if|for|while|until|case|eval|exec|trap|ulimit|umask|exit|return|test|true|false|echo
            |printf|read|wait|kill|command|type|alias|local|source|time|function|select)\s)
        [A-Za-z0-9_./+-]+(?:\s[^;&|()`\n<>]*)?$
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex PlainProgram();
}
