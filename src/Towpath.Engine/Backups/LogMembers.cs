using System.Globalization;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Engine.Logs;
using Towpath.Engine.Views;

namespace Towpath.Engine.Backups;

/// <summary>
/// The logs of what had ended when the journal was copied. What had not is begun again after a restore and writes its log from
/// the first line, so nothing of it may be there.
/// </summary>
internal sealed class LogMembers(string folder)
{
    public IEnumerable<(string Name, string Path)> Of(
        string project, IReadOnlyList<RunView> runs, Func<int, RunState> open, IEnumerable<EnvironmentState> environments)
    {
        foreach (var run in runs)
        {
            var below = Path.Combine(folder, project, "runs", run.Number.ToString(CultureInfo.InvariantCulture));
            // What a run under way has in its folder by now may have begun after the copy: its ended attempts are asked for by name.
            var paths = run.FinishedAt is not null ? FilesIn(below) : Ended(open(run.Number)).Select(id => LogPath.Of(folder, id)).Where(File.Exists);
            foreach (var path in paths)
                yield return (Path.GetRelativePath(folder, path), path);
        }

        foreach (var environment in environments)
        {
            var below = Path.Combine(folder, project, "environments", environment.Name, "deployments");
            foreach (var deployment in Directory.Exists(below) ? Directory.EnumerateDirectories(below) : [])
            {
                if (!IsKnown(environment, Path.GetFileName(deployment)))
                    continue;
                foreach (var path in FilesIn(deployment))
                    yield return (Path.GetRelativePath(folder, path), path);
            }
        }
    }

    private static IEnumerable<string> Ended(RunState run) => run.Jobs.SelectMany(job => job.Attempts
        .Where(attempt => attempt.Status is not (StepStatus.Queued or StepStatus.Running))
        .Select(attempt => RunMachine.AttemptId(run, job, attempt)));

    /// <summary>Deployments under way end with the restore, and their numbers do not come again.</summary>
    private static bool IsKnown(EnvironmentState environment, string number) =>
        int.TryParse(number, CultureInfo.InvariantCulture, out var deployment) && deployment < environment.NextDeployment;

    private static IEnumerable<string> FilesIn(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.log", SearchOption.AllDirectories) : [];
}
