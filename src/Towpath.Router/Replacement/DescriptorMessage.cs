using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Towpath.Router.Replacement;

/// <summary>
/// Short messages between two processes that can carry an open socket with them, which .NET does not offer (sendmsg(2) with
/// SCM_RIGHTS). Only on 64-bit Linux: the layouts below are its own.
/// </summary>
internal static unsafe partial class DescriptorMessage
{
    private const int MostBytes = 256;
    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int NoSignal = 0x4000;
    private const int CloseOnExec = 0x40000000;
    private const int Interrupted = 4;

    public static bool IsSupported => OperatingSystem.IsLinux() && nint.Size == 8;

    /// <exception cref="IOException">The other process is gone or does not read within the socket's timeout.</exception>
    public static void Send(Socket to, string text, Socket? carried = null)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            var data = new Vector { Start = start, Length = (nuint)bytes.Length };
            var rights = new Rights { Length = Rights.Used, Level = SolSocket, Type = ScmRights };
            var message = new Message { Data = &data, DataCount = 1 };
            if (carried is not null)
            {
                rights.Descriptor = (int)carried.Handle;
                message.Control = &rights;
                message.ControlLength = (nuint)sizeof(Rights);
            }

            while (SendMessage((int)to.Handle, &message, NoSignal) < 0)
                ThrowUnlessInterrupted();
        }
    }

    /// <summary>The next message, and the socket that came with it if one did. Empty when the other process is gone.</summary>
    /// <exception cref="IOException">Nothing came within the socket's timeout.</exception>
    public static (string Text, Socket? Carried) Receive(Socket from)
    {
        var bytes = stackalloc byte[MostBytes];
        var data = new Vector { Start = bytes, Length = MostBytes };
        Rights rights = default;
        Message message;
        nint read;
        do
        {
            message = new Message { Data = &data, DataCount = 1, Control = &rights, ControlLength = (nuint)sizeof(Rights) };
            read = ReceiveMessage((int)from.Handle, &message, CloseOnExec);
            if (read < 0)
                ThrowUnlessInterrupted();
        }
        while (read < 0);

        var carries = message.ControlLength >= Rights.Used && rights is { Level: SolSocket, Type: ScmRights };
        return (
            Encoding.UTF8.GetString(bytes, (int)read),
            carries ? new Socket(new SafeSocketHandle(rights.Descriptor, ownsHandle: true)) : null);
    }

    private static void ThrowUnlessInterrupted()
    {
        if (Marshal.GetLastPInvokeError() != Interrupted)
            throw new IOException($"The other router does not answer: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, Message* message, int flags);

    // struct iovec
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public byte* Start;
        public nuint Length;
    }

    // struct msghdr
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public nuint NameLength;
        public Vector* Data;
        public nuint DataCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    // struct cmsghdr with one descriptor
    [StructLayout(LayoutKind.Sequential)]
    private struct Rights
    {
        public const nuint Used = 20;

        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        public int Padding;
    }
}
