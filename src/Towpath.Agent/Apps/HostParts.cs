using System.Security.Cryptography;
using System.Text;

namespace Towpath.Agent.Apps;

/// <summary>What all environments of an agent share.</summary>
internal sealed record HostParts(AppHostOptions Options, RouterLink Router, SealingKey Key, InstanceHealth Health)
{
    public TimeProvider Time => Options.Time;

    public string Apps { get; } = Path.Combine(Options.Data, "agent", "apps");

    /// <summary>Tells the processes of this data folder from those of another Towpath on the same machine.</summary>
    private string Installation { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(Options.Data))))[..12];

    public string FolderOf(string project, string environment) => Path.Combine(Apps, project, environment);

    /// <summary>The mark of an instance's processes: <c>shop/production/d12/web/0@3f2a…</c>.</summary>
    public string MarkOf(string project, string environment, InstanceKey key) => $"{project}/{environment}/{key}@{Installation}";

    public bool IsOwnMark(string mark) => mark.EndsWith("@" + Installation, StringComparison.Ordinal);
}
