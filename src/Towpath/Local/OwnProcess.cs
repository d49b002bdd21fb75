using System.Diagnostics;

namespace Towpath.Local;

/// <summary>Starts this same program as a process that goes on when its starter ends.</summary>
internal static class OwnProcess
{
    /// <summary>The log of a process is cut when it starts with more than this, in bytes; the newest part stays.</summary>
    private const long LogAtMost = 4 * 1024 * 1024;

    // A session of its own, so that Ctrl-C reaches only what waits in the terminal; a file for its output, as a pipe breaks
    // with its reader; and nothing of what the starter's starter had open.
    private const string Wrapper = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- </dev/null >>\"$0\" 2>&1; exec setsid \"$@\"";

    /// <param name="name">server, agent or router: its verb, and the name of its log.</param>
    public static ProcessIdentity Start(string data, string name, params string[] arguments)
    {
        var log = LogFile(data, name);
        CutLog(log);
        var start = new ProcessStartInfo("/bin/sh", ["-c", Wrapper, log, .. Program(), name, "--data", data, .. arguments])
        {
            WorkingDirectory = data,
        };
        using var process = Process.Start(start)!;
        return ProcessIdentity.Of(process.Id)
            ?? throw ExitException.Refused($"'towpath {name}' ended at once; its log {log} says why.");
    }

    public static string LogFile(string data, string name) => Path.Combine(data, "logs", name + ".log");

    /// <summary>The last lines that a process wrote.</summary>
    public static string LogTail(string data, string name, int lines = 5)
    {
        try
        {
            return string.Join('\n', File.ReadLines(LogFile(data, name)).Where(line => line.Length > 0).TakeLast(lines));
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>This program: its own executable, or the runtime with its assembly.</summary>
    public static string[] Program() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(OwnProcess).Assembly.Location]
            : [Environment.ProcessPath!];

    private static void CutLog(string log)
    {
        if (!File.Exists(log))
        {
            File.Create(log, 1, FileOptions.None).Dispose();
            File.SetUnixFileMode(log, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        if (new FileInfo(log).Length <= LogAtMost)
            return;
        using var file = new FileStream(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var tail = new byte[LogAtMost / 4];
        file.Seek(-tail.Length, SeekOrigin.End);
        file.ReadExactly(tail);
        file.SetLength(0);
        file.Write(tail);
    }
}
