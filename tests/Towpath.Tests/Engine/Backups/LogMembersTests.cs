using Towpath.Core.Runs;
using Towpath.Engine.Backups;
using Towpath.Engine.Logs;
using Towpath.Engine.Views;
using Towpath.Tests.Core;
using Towpath.Tests.Core.Runs;

namespace Towpath.Tests.Engine.Backups;

/// <summary>Which logs are in a backup: the journal's copy says so, and not what the folder has by the time that they are written.</summary>
public sealed class LogMembersTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Log_of_an_attempt_that_began_after_the_copy_is_not_in_the_backup()
    {
        var copied = Run().Failed("test").Taken("test").Succeeded("lint").State;
        // While other projects were written: the attempt that was under way, the next one, and a job that needed it.
        foreach (var attempt in (string[])["lint/attempts/1", "test/attempts/1", "test/attempts/2", "test/attempts/3", "publish/attempts/1"])
            WriteLog(attempt);

        Assert.Equal(["shop/runs/7/jobs/lint+1.log", "shop/runs/7/jobs/test+1.log"], NamesOf(copied));
    }

    [Fact]
    public void Logs_of_a_run_that_was_over_are_all_there_and_one_that_was_never_written_is_left_out()
    {
        WriteLog("test/attempts/1");

        Assert.Equal(["shop/runs/7/jobs/test+1.log"], NamesOf(Run().Failed("test").Succeeded("lint").State));
        Assert.Equal(["shop/runs/7/jobs/test+1.log"], NamesOf(Run().Taken("test").When(new CancelRun("ada")).State));
    }

    private static RunScenario Run() => Given.Run(Sample.Job("lint"), Sample.Job("test", retry: 2), Sample.Job("publish", needs: ["test"]));

    private void WriteLog(string attempt)
    {
        var path = LogPath.Of(folder.Path, $"shop/runs/7/jobs/{attempt}");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "a line");
    }

    private List<string> NamesOf(RunState run) =>
        [.. new LogMembers(folder.Path).Of("shop", [RunView.Row(run)], _ => run, []).Select(member => member.Name).Order(StringComparer.Ordinal)];
}
