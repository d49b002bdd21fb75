using System.Text.Json;
using Towpath.Protocol.Failpoints;

namespace Towpath.Agent.Link;

/// <summary>
/// The answers that the server has not stored yet, one file each: a restarted agent repeats them. Some that were stored are
/// remembered for a while, so that work which is begun again by a late message is answered and not done twice.
/// </summary>
internal sealed class AnswerFolder
{
    private const int MostRemembered = 500;
    private readonly string folder;
    private readonly Lock gate = new();
    private readonly Dictionary<string, string> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> stored = new(StringComparer.Ordinal);
    private readonly Queue<string> storedInOrder = new();

    public AnswerFolder(string folder)
    {
        this.folder = OwnerOnly.CreateFolder(folder);
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            if (!path.EndsWith(".new", StringComparison.Ordinal) && Read(path) is { } answer)
                waiting[answer.Command] = answer.Payload;
            else
                File.Delete(path);
        }
    }

    public IReadOnlyList<KeyValuePair<string, string>> Waiting
    {
        get
        {
            lock (gate)
                return [.. waiting];
        }
    }

    public bool IsWaiting(string command)
    {
        lock (gate)
            return waiting.ContainsKey(command);
    }

    /// <summary>Keeps the answer until it is stored or unwanted.</summary>
    /// <exception cref="IOException">The disk is full: the answer is kept in memory alone.</exception>
    public void Add(string command, string payload)
    {
        lock (gate)
            waiting[command] = payload;
        var path = PathOf(command);
        Failpoint.Cross("answer.keeping");
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(new KeptAnswer(command, payload)));
        File.Move(path + ".new", path, overwrite: true);
        Failpoint.Cross("answer.kept");
    }

    /// <summary>Makes an answer that is known wait again for the server.</summary>
    /// <returns>False when there is none.</returns>
    public bool Repeat(string command)
    {
        lock (gate)
        {
            if (stored.Remove(command, out var payload))
                waiting[command] = payload;
            return waiting.ContainsKey(command);
        }
    }

    public void Stored(string command)
    {
        lock (gate)
        {
            if (!waiting.Remove(command, out var payload))
                return;
            stored[command] = payload;
            storedInOrder.Enqueue(command);
            if (storedInOrder.Count > MostRemembered)
                stored.Remove(storedInOrder.Dequeue());
        }
        Failpoint.Cross("answer.forgetting");
        File.Delete(PathOf(command));
        Failpoint.Cross("answer.forgotten");
    }

    private string PathOf(string command) => Path.Combine(folder, CommandFile.NameOf(command));

    private static KeptAnswer? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<KeptAnswer>(File.ReadAllBytes(path));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record KeptAnswer(string Command, string Payload);
}
