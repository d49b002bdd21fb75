using System.Text.Json;
using Towpath.Core;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Agents;

/// <summary>
/// How many jobs people let agents do at once, one small file. It says something of these machines, so that no backup holds it.
/// Thread-safe.
/// </summary>
public sealed class AgentLimits
{
    /// <summary>The most that an agent can be given.</summary>
    public const int JobsAtMost = 1000;

    private readonly Lock gate = new();
    private readonly string path;
    private OrdinalMap<int> limits;

    private AgentLimits(string path, OrdinalMap<int> limits, string? problem = null)
    {
        this.path = path;
        this.limits = limits;
        Problem = problem;
    }

    /// <summary>Why those that were kept are not known, in a sentence; null: they are.</summary>
    public string? Problem { get; }

    /// <param name="folder">
    /// Where <c>agents.json</c> lies. What cannot be read there is as good as nothing: each agent then says itself what it can do.
    /// </param>
    public static AgentLimits Open(string folder)
    {
        var path = Path.Combine(folder, "agents.json");
        try
        {
            return new(path, File.Exists(path) ? JsonSerializer.Deserialize<OrdinalMap<int>>(File.ReadAllBytes(path), CoreJson.Options) ?? OrdinalMap<int>.Empty : OrdinalMap<int>.Empty);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return new(path, OrdinalMap<int>.Empty, $"The limits of agents in {path} cannot be read, so none holds: {e.Message}");
        }
    }

    /// <summary>From 1 to <see cref="JobsAtMost"/>; null: nobody set one.</summary>
    public int? Of(string agent) => Volatile.Read(ref limits).TryGetValue(agent, out var jobs) ? Math.Clamp(jobs, 1, JobsAtMost) : null;

    /// <summary>On disk when it returns.</summary>
    /// <param name="jobs">Null: none any more.</param>
    /// <exception cref="IOException">It cannot be kept: what was still holds, and after a restart perhaps the new one.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Set(string agent, int? jobs)
    {
        lock (gate)
        {
            var next = jobs is { } count ? limits.With(agent, count) : limits.Without(agent);
            DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(next, CoreJson.Options));
            Volatile.Write(ref limits, next);
        }
    }
}
