using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Towpath.Engine.Journal;
using Towpath.Server;
using Towpath.Simulation.Histories;

namespace Towpath.Bench.Machine;

/// <summary>A data folder with a history in it, and the server over it.</summary>
/// <param name="projects">That the history goes through.</param>
/// <param name="alike">Each of them has three environments.</param>
internal sealed class GrownServer(TowpathProgram program, string data, int projects = 6, bool alike = false) : IAsyncDisposable
{
    private HttpClient? http;
    private string token = "";
    private Child? child;

    public long Events { get; private set; }

    /// <summary>Where agents of a server that runs come in, and what they have to show.</summary>
    public (string Socket, string Token) Door => (new ServerSettings(data, new IPEndPoint(IPAddress.Loopback, 0)).AgentSocket, token);

    private string JournalFolder => Path.Combine(data, "server");

    /// <summary>Makes the history; the same for the same number of events.</summary>
    public void Grow(long events)
    {
        using var journal = SqliteJournal.Open(Directory.CreateDirectory(JournalFolder).FullName);
        if (journal.LastSequence < events)
        {
            var gathering = new GatheringJournal(journal);
            new History(gathering, seed: 1, projects, alike: alike).GrowTo(events);
            gathering.HandOn();
        }

        Events = journal.LastSequence;
    }

    /// <summary>For a measurement without a server.</summary>
    public SqliteJournal OpenJournal() => SqliteJournal.Open(JournalFolder);

    public Child Start(int port) => program.Start("server", data, "--listen", TowpathProgram.Local(port));

    /// <summary>Runs until this is disposed.</summary>
    public async Task RunAsync(FirstAnswer first, CancellationToken cancel)
    {
        var port = TowpathProgram.FreePort();
        child = Start(port);
        await first.OfAsync(child, port, cancel);
        using var endpoint = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(data, "endpoint.json"), cancel));
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{TowpathProgram.Local(port)}/") };
        token = endpoint.RootElement.GetProperty("token").GetString()!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <returns>Milliseconds from the request to the last byte of the answer.</returns>
    public async Task<double> AskAsync(string path, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        using var answer = await http!.GetAsync(new Uri(path, UriKind.Relative), cancel);
        await answer.EnsureSuccessStatusCode().Content.CopyToAsync(Stream.Null, cancel);
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    /// <param name="encoding">Of the answer: <c>br</c>, <c>gzip</c>; null: as it is.</param>
    /// <returns>Milliseconds from the request to the last byte of the answer, and its bytes.</returns>
    public async Task<(double Milliseconds, int Bytes)> LookAsync(string path, string? encoding, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (encoding is not null)
            request.Headers.AcceptEncoding.ParseAdd(encoding);
        var begun = Stopwatch.GetTimestamp();
        using var answer = await http!.SendAsync(request, cancel);
        var bytes = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancel);
        var took = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        if (encoding is not null && !answer.Content.Headers.ContentEncoding.Contains(encoding))
            throw new InvalidOperationException($"'{path}' did not come as {encoding}.");
        return (took, bytes.Length);
    }

    public Task<string> TextAsync(string path, CancellationToken cancel) => http!.GetStringAsync(new Uri(path, UriKind.Relative), cancel);

    /// <returns>Milliseconds that the command took.</returns>
    public async Task<double> CommandAsync(IEnumerable<string> words, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        await Shell.RunAsync(program.File, [.. words, "--data", data], cancel: cancel);
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    /// <summary>Runs of a project so far.</summary>
    public async Task<int> RunsAsync(string project, CancellationToken cancel)
    {
        using var json = JsonDocument.Parse(await http!.GetStringAsync(new Uri($"api/v1/projects/{project}", UriKind.Relative), cancel));
        return json.RootElement.GetProperty("runs").GetInt32();
    }

    public async ValueTask DisposeAsync()
    {
        http?.Dispose();
        if (child is not null)
            await child.DisposeAsync();
    }
}
