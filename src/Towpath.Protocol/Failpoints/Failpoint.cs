using System.Runtime.InteropServices;
using System.Text;
using Towpath.Protocol.Processes;

namespace Towpath.Protocol.Failpoints;

/// <summary>
/// A named place in the code where a crash would hurt. Nothing happens there, unless <see cref="Variable"/> names a file: then
/// every crossing is written to it, and a process may be told to die at one of its own, without time for another instruction.
/// </summary>
/// <remarks>
/// The file has a line a crossing, <c>PROCESS NAME</c>. Beside it <c>FILE.kill</c> may say <c>PROCESS N</c>: whichever process of
/// that name writes its N-th line removes it and kills itself. Who empties the first and writes the second begins anew. The hooks
/// of git do the same in sh.
/// </remarks>
public static partial class Failpoint
{
    /// <summary>The variable with the path of the file.</summary>
    public const string Variable = "TOWPATH_FAILPOINTS";

    private const int WriteOnly = 0x1;
    private const int CreateMissing = 0x40;
    private const int AtTheEnd = 0x400;
    private const int ReadableByAll = 0x1A4;

    private static readonly Lock Gate = new();

    /// <summary>Read once: what is not armed at its start costs nothing.</summary>
    private static readonly string? Armed =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;

    /// <summary>The verb that this process was started with: server, agent, router.</summary>
    private static readonly string Own = Environment.GetCommandLineArgs() is [_, var verb, ..] ? verb : "towpath";

    /// <summary>The file of an armed process; null in all others.</summary>
    public static string? ArmedFile => Armed;

    /// <param name="name">One of <see cref="FailpointNames.All"/>.</param>
    public static void Cross(string name)
    {
        if (Armed is null)
            return;
        lock (Gate)
        {
            if (IsLast(Armed, Own, name))
                Die();
        }
    }

    /// <summary>Writes the crossing down.</summary>
    /// <returns>True when it is the one to die at; the order to do so is gone then.</returns>
    internal static bool IsLast(string file, string process, string name)
    {
        Append(file, Encoding.UTF8.GetBytes($"{process} {name}\n"));
        var order = file + ".kill";
        if (ReadOrder(order).Split(' ') is not [var who, var when] || who != process)
            return false;
        if (File.ReadLines(file).Count(line => line.StartsWith(process + " ", StringComparison.Ordinal)) != int.Parse(when, null))
            return false;
        File.Delete(order);
        return true;
    }

    /// <summary>Empty when there is none. Whoever dies at it may take it away between two looks.</summary>
    private static string ReadOrder(string order)
    {
        try
        {
            return File.Exists(order) ? File.ReadAllText(order).Trim() : "";
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    // A stream that appends writes where the file ended when it was opened, and another process writes there too.
    private static void Append(string file, byte[] line)
    {
        var handle = Open(file, WriteOnly | CreateMissing | AtTheEnd, ReadableByAll);
        if (handle < 0 || Write(handle, line, line.Length) != line.Length)
            throw new IOException($"The crossing cannot be written to {file}.");
        _ = Close(handle);
    }

    private static void Die()
    {
        Signals.Send(Environment.ProcessId, Signals.Kill);
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int handle, byte[] bytes, nint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
