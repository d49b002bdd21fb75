using System.Diagnostics;
using System.Text;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Engine.Git;
using Towpath.Protocol.Failpoints;
using Towpath.Protocol.Files;

namespace Towpath.Server.Git;

/// <summary>One push while it is served: its folder, and the pipe on which its hooks hear the server.</summary>
internal sealed class PushSession : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly CancellationTokenSource over = new();
    private readonly string folder;
    private readonly IDisposable live;
    private readonly Doorbell bell;
    private FileStream reply;
    private bool isBothEnds = true;

    /// <param name="address">Of the server as the client reached it, without a slash at its end.</param>
    /// <param name="closing">Canceled when the server is stopping.</param>
    public PushSession(Repositories repositories, Doorbell bell, string project, string address, CancellationToken closing)
    {
        this.bell = bell;
        Closing = closing;
        Id = Guid.CreateVersion7().ToString("N");
        Project = project;
        Address = address;
        folder = Path.Combine(repositories.PushesFolder, Id);
        Directory.CreateDirectory(folder, OwnerOnly);
        Fifo.Create(ReplyPath);
        reply = new FileStream(Fifo.OpenBoth(ReplyPath), FileAccess.ReadWrite, bufferSize: 0);
        live = repositories.Live.Begin(Id);
    }

    public string Id { get; }

    public string Project { get; }

    public string Address { get; }

    /// <summary>Canceled when nobody listens any more: the client went away or git ended.</summary>
    public CancellationToken Over => over.Token;

    /// <summary>Canceled when the server is stopping: what is under way is finished, and nothing is waited for.</summary>
    public CancellationToken Closing { get; }

    /// <summary>What pre-receive found; before that, null.</summary>
    public PushIntent? Intent { get; set; }

    /// <summary>What was announced; empty before.</summary>
    public ValueList<RefChange> Changes { get; set; } = ValueList<RefChange>.Empty;

    private string ReplyPath => Path.Combine(folder, "reply");

    public void Prepare(ProcessStartInfo git)
    {
        PushMark.Put(git, Id);
        git.Environment[HookScripts.FolderVariable] = folder;
        git.Environment[HookScripts.BellVariable] = bell.Path;
        if (Failpoint.ArmedFile is { } file)
            git.Environment[Failpoint.Variable] = file;
    }

    /// <summary>What a hook wrote before it rang.</summary>
    public string Read(string stage) => File.ReadAllText(Path.Combine(folder, stage));

    /// <summary>
    /// Until the first hook is there, the server holds both ends so that the hook's reading does not end at once. From
    /// then on it holds only its own, so that writing to a hook that died fails instead of filling the pipe.
    /// </summary>
    public void TakeWritingEnd()
    {
        if (!isBothEnds)
            return;
        var writing = new FileStream(Fifo.OpenWrite(ReplyPath), FileAccess.Write, bufferSize: 0);
        reply.Dispose();
        reply = writing;
        isBothEnds = false;
    }

    /// <exception cref="IOException">The hook is gone.</exception>
    public void Say(params IEnumerable<string> lines) => Send(string.Concat(lines.Select(line => $" {line}\n")));

    public void Accept() => Send(".\n");

    public void Refuse() => Send("!\n");

    /// <summary>Ends what the hook hears; one that waits for an answer takes it for no.</summary>
    public void HangUp() => reply.Dispose();

    public void GiveUp() => over.Cancel();

    public void Dispose()
    {
        over.Cancel();
        bell.Remove(Id);
        live.Dispose();
        reply.Dispose();
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // A hook that was left alone still writes into it: the next start sweeps it away.
        }
    }

    private void Send(string text)
    {
        if (text.Length > 0)
            reply.Write(Encoding.UTF8.GetBytes(text));
    }
}
