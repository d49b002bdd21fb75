using Towpath.Core;

namespace Towpath.Agent.Apps;

/// <content>What stays on disk, and how much of it.</content>
internal sealed partial class HostedEnvironment
{
    private const long LogLimit = 20_000_000;
    private const int KeptLogs = 100;
    private const int KeptReleases = 3;

    /// <summary>Keeps the files of what runs and of the last three places to go back to.</summary>
    public async Task PruneAsync()
    {
        await ChangeAsync(state =>
        {
            var kept = state.Releases
                .Where(release => release is { Role: ReleaseRole.Stopped, FirstLive: not null })
                .OrderBy(release => release.TakenBack).ThenByDescending(release => release.FirstLive)
                .Take(KeptReleases)
                .Select(release => release.Release)
                .ToHashSet();
            return state with
            {
                Releases = state.Releases
                    .Where(release => release.Role != ReleaseRole.Stopped
                        || state.HasTraffic(release.Release)
                        || kept.Contains(release.Release))
                    .ToValueList(),
            };
        });
        RemoveFilesOfNoRelease();
    }

    private void RemoveFilesOfNoRelease()
    {
        var releases = Path.Combine(Folder, "releases");
        if (Directory.Exists(releases))
        {
            foreach (var folder in Directory.EnumerateDirectories(releases).Where(folder => State.Find(Path.GetFileName(folder)) is null))
                ReleaseFolder.Remove(folder);
        }

        // The log of a version that was taken back says why: logs go by age, not with their release.
        var logs = new DirectoryInfo(Path.Combine(Folder, "logs")).GetFiles().OrderByDescending(file => file.LastWriteTimeUtc);
        foreach (var log in logs.Skip(KeptLogs).Where(log => instances.Keys.All(key => LogOf(key) != log.FullName)))
            ReleaseFolder.Remove(log.FullName);
    }

    private void CapLogs()
    {
        logsSeen = parts.Time.GetTimestamp();
        foreach (var log in instances.Keys.Select(LogOf))
        {
            try
            {
                AppLog.Cut(log, LogLimit);
            }
            catch (IOException full)
            {
                Events.Note($"{log} could not be cut: {full.Message}");
            }
        }
    }
}
