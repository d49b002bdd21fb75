using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Protocol.Files;

namespace Towpath.Agent.Apps;

/// <summary>
/// One environment's <c>state.json</c>. What a person looks for stands there in clear; plan and secrets are sealed, because
/// variables and commands hold passwords more often than they should.
/// </summary>
internal sealed class HostedStateFile(string path, SealingKey key, Action<string> crossing)
{
    private const int Version = 1;

    /// <summary>Null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of a newer version.</exception>
    public HostedState? Read()
    {
        if (!File.Exists(path))
            return null;
        try
        {
            var stored = JsonSerializer.Deserialize<StoredState>(File.ReadAllBytes(path), CoreJson.Options);
            if (stored is not { Version: Version })
                throw new InvalidDataException($"it has version {stored?.Version}, and this agent knows version {Version}");
            return new HostedState(
                stored.Project,
                stored.Environment,
                stored.Boot,
                stored.Releases.Select(release => Open(stored, release)).ToValueList(),
                stored.Traffic,
                stored.Exclusive,
                stored.LocalRollback)
            {
                Rolling = stored.Rolling,
            };
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidDataException or NotSupportedException)
        {
            throw new InvalidDataException(
                $"{path} cannot be read: {damaged.Message} Restore it from a backup, or move it away and deploy again.", damaged);
        }
    }

    /// <summary>Returns when it is on disk.</summary>
    /// <exception cref="IOException">The disk is full; what was there stands.</exception>
    public void Write(HostedState state)
    {
        var stored = new StoredState(
            Version,
            state.Project,
            state.Environment,
            state.Boot,
            state.Releases.Select(release => Seal(state, release) with { Barred = release.Barred }).ToValueList(),
            state.Traffic,
            state.Exclusive,
            state.LocalRollback)
        {
            Rolling = state.Rolling,
        };
        crossing("state.writing");
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(stored, CoreJson.Options));
        crossing("state.written");
    }

    private StoredRelease Seal(HostedState state, HostedRelease release) => new(
        release.Release,
        release.Role,
        release.WarmUntil,
        release.Plan.Run,
        release.Plan.Commit,
        release.Plan.Package.Digest,
        release.BeforeDone,
        release.Started,
        release.FirstLive,
        release.TakenBack,
        release.Instances,
        key.Seal(
            JsonSerializer.Serialize(new SealedPart(release.Plan, release.Secrets), CoreJson.Options),
            Purpose(state.Project, state.Environment, release.Release)));

    private HostedRelease Open(StoredState state, StoredRelease release)
    {
        var text = key.Open(release.Sealed, Purpose(state.Project, state.Environment, release.Release));
        var part = JsonSerializer.Deserialize<SealedPart>(text, CoreJson.Options) ?? throw new InvalidDataException("the plan is empty");
        return new HostedRelease(
            part.Plan,
            part.Secrets,
            release.Role,
            release.WarmUntil,
            release.BeforeDone,
            release.Started,
            release.FirstLive,
            release.TakenBack,
            release.Instances)
        {
            Barred = release.Barred,
        };
    }

    private static string Purpose(string project, string environment, string release) => $"{project}/{environment}/{release}";

    private sealed record StoredState(
        int Version,
        string Project,
        string Environment,
        string Boot,
        ValueList<StoredRelease> Releases,
        OrdinalMap<AppTraffic> Traffic,
        string? Exclusive,
        LocalRollback? LocalRollback)
    {
        public Rolling? Rolling { get; init; }
    }

    private sealed record StoredRelease(
        string Release,
        ReleaseRole Role,
        DateTimeOffset? WarmUntil,
        int Run,
        string Commit,
        Digest Package,
        int BeforeDone,
        bool Started,
        DateTimeOffset? FirstLive,
        bool TakenBack,
        ValueList<HostedInstance> Instances,
        string Sealed)
    {
        public bool Barred { get; init; }
    }

    private sealed record SealedPart(ReleasePlan Plan, OrdinalMap<string> Secrets);
}
