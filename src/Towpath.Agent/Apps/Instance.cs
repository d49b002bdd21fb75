using System.Diagnostics;
using System.Globalization;
using System.Text;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Processes;

namespace Towpath.Agent.Apps;

/// <summary>Where an instance stands.</summary>
public enum InstanceStanding
{
    /// <summary>It runs and was not yet found healthy.</summary>
    Starting,

    /// <summary>It runs, and may get requests.</summary>
    Healthy,

    /// <summary>It ended by itself.</summary>
    Ended,

    /// <summary>It was told to end.</summary>
    Stopping,
}

/// <summary>One start of one instance: a crashed one is replaced by another object, with another process and port.</summary>
internal sealed class Instance
{
    private const int TailLines = 20;
    private const int TailBytes = 8 * 1024;
    private const int SignalBase = 128;
    private static readonly Dictionary<int, string> Signals = new()
    {
        [1] = "SIGHUP", [2] = "SIGINT", [3] = "SIGQUIT", [4] = "SIGILL", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE",
        [9] = "SIGKILL", [11] = "SIGSEGV", [13] = "SIGPIPE", [15] = "SIGTERM",
    };

    private readonly Process? process;
    private readonly string log;
    private readonly long logStart;
    private readonly DateTime begun = DateTime.Now;

    /// <param name="process">Null when it was adopted: its exit code cannot be known.</param>
    /// <param name="logStart">Bytes in its log that are of earlier starts.</param>
    public Instance(
        InstanceKey key, ProcessApp app, int? port, InstanceTree tree, Process? process, string log, long logStart, bool healthy)
    {
        Key = key;
        App = app;
        Port = port;
        Tree = tree;
        this.process = process;
        this.log = log;
        this.logStart = logStart;
        Standing = healthy ? InstanceStanding.Healthy : InstanceStanding.Starting;
    }

    public InstanceKey Key { get; }

    public ProcessApp App { get; }

    public int? Port { get; }

    public InstanceTree Tree { get; }

    /// <summary>The clock's timestamp when it was started or adopted.</summary>
    public required long Since { get; init; }

    /// <summary>By the wall clock, when its process began; also of an adopted one.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    public InstanceStanding Standing { get; set; }

    /// <summary>What its health path said when it was last asked and was not well: <c>answered 503 at /healthz</c>.</summary>
    public string? Unwell { get; set; }

    public bool IsAlive => process is { HasExited: true } ? false : ProcessTable.IsAlive(Tree.Leader);

    /// <summary>Ends when the process ends. Null for an adopted one, which has to be looked at now and then.</summary>
    public Task? Exited => process?.WaitForExitAsync();

    public HostedInstance Stored =>
        new(Key.App, Key.Index, Port, Tree.Leader.Id, Tree.Leader.Started, Tree.Mark, Standing == InstanceStanding.Healthy);

    /// <summary><c>web/1 ended with exit code 139 (SIGSEGV)</c>.</summary>
    public string HowItEnded() => $"{Key.Name} {End()}";

    private string End()
    {
        if (process is null)
            return "ended (with which exit code is not known: the agent was restarted meanwhile)";
        // The kernel may have shown its end before the framework collected it.
        process.WaitForExit(TimeSpan.FromSeconds(1));
        if (!process.HasExited)
            return "ended";
        var code = process.ExitCode;
        var signal = code > SignalBase && Signals.TryGetValue(code - SignalBase, out var name) ? $" ({name})" : "";
        var lived = process.ExitTime - begun;
        var after = lived > TimeSpan.Zero ? $" {lived.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s after its start" : "";
        var daemon = code == 0 ? " (an app has to stay in the foreground)" : "";
        return $"ended with exit code {code}{signal}{after}{daemon}";
    }

    /// <summary>The last lines that this start wrote, at most 20 and 8 KiB.</summary>
    public IReadOnlyList<string> LastLines()
    {
        try
        {
            using var file = File.Open(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // Smaller than at the start: it was cut meanwhile.
            var begin = file.Length < logStart ? 0 : logStart;
            begin = Math.Max(begin, file.Length - TailBytes);
            file.Position = begin;
            var bytes = new byte[Math.Min(TailBytes, file.Length - begin)];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            var lines = Encoding.UTF8.GetString(bytes, 0, length).Split('\n').Select(line => line.TrimEnd('\r')).ToList();
            if (lines is [.., ""])
                lines.RemoveAt(lines.Count - 1);
            return lines.TakeLast(TailLines).ToList();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
