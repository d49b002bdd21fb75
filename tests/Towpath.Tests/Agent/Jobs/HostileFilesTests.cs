using System.Diagnostics;
using Towpath.Agent;
using Towpath.Agent.Jobs;

namespace Towpath.Tests.Agent.Jobs;

/// <summary>What a job or an app can leave although no path says it.</summary>
public sealed class HostileFilesTests : IDisposable
{
    private const string DeeperThanAPathCanSay =
        "name=$(printf 'd%.0s' $(seq 100)); mkdir deep; for level in $(seq 60); do mv deep $name; mkdir deep; mv $name deep; done";

    private const string NoUtf8 = "mkdir $(printf '\\377'); printf x > $(printf '\\377')/$(printf '\\377').xml";

    private readonly TestFolder folder = new();

    public void Dispose()
    {
        FolderRemoval.Remove(folder.Path);
        folder.Dispose();
    }

    [Theory]
    [InlineData(DeeperThanAPathCanSay)]
    [InlineData(NoUtf8)]
    [InlineData("mkdir -p locked/in; touch locked/in/file; chmod 0000 locked/in locked")]
    public async Task Folder_is_removed_whatever_was_left_in_it(string command)
    {
        var left = await LeaveAsync(command);

        Assert.True(FolderRemoval.Remove(left));

        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public async Task What_a_link_leads_to_is_not_removed()
    {
        var kept = folder.At("kept", "file");
        await File.WriteAllTextAsync(kept, "kept", Cancel);
        var left = await LeaveAsync($"{NoUtf8}; ln -s '{Path.GetDirectoryName(kept)}' link");

        Assert.True(FolderRemoval.Remove(left));

        Assert.True(File.Exists(kept));
    }

    [Fact]
    public async Task Workspaces_go_on_being_removed_after_one_that_no_path_can_say()
    {
        var agent = folder.At("agent");
        var gone = folder.At("agent", "work", ".gone");
        Directory.CreateDirectory(gone);
        foreach (var name in (string[])["first", "second", "third"])
            await LeaveAsync(DeeperThanAPathCanSay, Path.Combine(gone, name));

        await new WorkspaceFolder(agent).DisposeAsync();

        Assert.Empty(Directory.EnumerateFileSystemEntries(gone));
    }

    [Theory]
    [InlineData(DeeperThanAPathCanSay)]
    [InlineData(NoUtf8)]
    public async Task Test_reports_beside_what_no_path_can_say_are_read(string command)
    {
        var workspace = await LeaveAsync($"{command}; echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.xml");

        var reports = TestReportFiles.Read(workspace, ["**/*.xml"], null, Cancel);

        Assert.Equal((1, null), (reports.Results?.Passed, reports.Error));
    }

    [Fact]
    public async Task Test_report_whose_name_no_path_can_say_is_a_mistake_of_the_job()
    {
        var workspace = await LeaveAsync("printf x > $(printf '\\377').xml");

        var reports = TestReportFiles.Read(workspace, ["**/*.xml"], null, Cancel);

        Assert.Equal("\uFFFD.xml: this test report cannot be opened: its name is not valid UTF-8", reports.Error);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<string> LeaveAsync(string command, string? at = null)
    {
        var left = Directory.CreateDirectory(at ?? folder.At("left")).FullName;
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-e", "-c", command]) { WorkingDirectory = left })!;
        await shell.WaitForExitAsync(Cancel);
        Assert.Equal(0, shell.ExitCode);
        return left;
    }
}
