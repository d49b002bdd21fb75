using System.Runtime.InteropServices;

namespace Towpath.Bench.Measuring;

/// <summary>Sleeps shorter than <see cref="Thread.Sleep(int)"/> can.</summary>
internal static partial class Pause
{
    public static void Nanoseconds(long nanoseconds)
    {
        var time = new Time { Nanoseconds = nanoseconds };
        _ = Sleep(in time, IntPtr.Zero);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Sleep(in Time wanted, IntPtr remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
