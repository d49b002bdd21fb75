using System.Buffers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Towpath.Bench.Machine;

/// <summary>Many who look at one log, as pages do: connections that are read as fast as something comes, and nothing kept of it.</summary>
internal sealed class LogFollowers : IAsyncDisposable
{
    private readonly List<TcpClient> clients = [];
    private readonly List<Task> reading = [];
    private readonly CancellationTokenSource stop = new();
    private long bytes;
    private int complete;

    private LogFollowers()
    {
    }

    /// <summary>All that they were sent so far.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>How many were told that the log is complete.</summary>
    public int Complete => Volatile.Read(ref complete);

    /// <summary>Connects them, and returns when each has heard that it is listened for.</summary>
    public static async Task<LogFollowers> StartAsync(string data, string log, int count, CancellationToken cancel)
    {
        using var endpoint = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(data, "endpoint.json"), cancel));
        var url = new Uri(endpoint.RootElement.GetProperty("url").GetString()!);
        var request = Encoding.ASCII.GetBytes(
            $"GET /-/live?prefix={TowpathApi.Project}&log={Uri.EscapeDataString(log)} HTTP/1.1\r\nHost: {url.Authority}\r\n"
            + $"Authorization: Bearer {endpoint.RootElement.GetProperty("token").GetString()}\r\nAccept: text/event-stream\r\n\r\n");
        var followers = new LogFollowers();
        for (var number = 0; number < count; number++)
        {
            var client = new TcpClient();
            followers.clients.Add(client);
            await client.ConnectAsync(url.Host, url.Port, cancel);
            await client.GetStream().WriteAsync(request, cancel);
            var heard = new TaskCompletionSource();
            followers.reading.Add(followers.ReadAsync(client.GetStream(), heard));
            await heard.Task.WaitAsync(TimeSpan.FromSeconds(30), cancel);
        }

        return followers;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(reading);
        foreach (var client in clients)
            client.Dispose();
        stop.Dispose();
    }

    private async Task ReadAsync(NetworkStream stream, TaskCompletionSource heard)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 << 10);
        try
        {
            while (await stream.ReadAsync(buffer, stop.Token) is var read and > 0)
            {
                Interlocked.Add(ref bytes, read);
                var part = buffer.AsSpan(0, read);
                if (!heard.Task.IsCompleted)
                    Answer(part, heard);
                if (part.IndexOf("\"complete\":true"u8) >= 0)
                    Interlocked.Increment(ref complete);
            }
        }
        catch (OperationCanceledException)
        {
            // All is measured.
        }
        catch (IOException e)
        {
            heard.TrySetException(e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Answer(ReadOnlySpan<byte> part, TaskCompletionSource heard)
    {
        if (part.StartsWith("HTTP/1.1"u8) && !part.StartsWith("HTTP/1.1 200"u8))
            heard.TrySetException(new InvalidOperationException($"A follower was refused: {Encoding.UTF8.GetString(part[..Math.Min(part.Length, 100)])}"));
        else if (part.IndexOf("event: ready"u8) >= 0)
            heard.TrySetResult();
    }
}
