using System.Security.Cryptography;
using System.Text;

namespace Towpath.Agent.Apps;

/// <summary>What all environments of an agent share.</summary>
/// <param name="Wake">Has the supervision look now instead of at its next turn.</param>
internal sealed record HostParts(AppHostOptions Options, RouterLink Router, SealingKey Key, InstanceHealth Health, Action Wake)
{
    public TimeProvider Time => Options.Time;

    public string Apps { get; } = Path.Combine(Options.Data, "agent", "apps");

    /// <summary>Tells the processes of this data folder from those of another Towpath on the same machine.</summary>
    private string Installation { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RealPath.Of(Options.Data))))[..12];

    public string FolderOf(string project, string environment) => Path.Combine(Apps, project, environment);

    /// <summary>
    /// A new mark for an instance's processes, <c>shop/production/d12/web/0@3f2a….91bc…</c>: different at every start, so that
    /// what a crashed one left behind is never taken for part of the next.
    /// </summary>
    public string NewMark(string project, string environment, InstanceKey key) =>
        $"{project}/{environment}/{key}@{Installation}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    public bool IsOwnMark(string mark) => mark.Contains($"@{Installation}.", StringComparison.Ordinal);
}
