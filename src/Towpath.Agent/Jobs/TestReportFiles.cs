using System.Text;
using Towpath.Core.Agents;
using Towpath.Core.Runs;

namespace Towpath.Agent.Jobs;

/// <summary>Finds and reads the test reports that a job left in its workspace.</summary>
internal static class TestReportFiles
{
    private const int MostFiles = 5000;
    private const long MostBytes = 256L * 1024 * 1024;

    /// <param name="since">Files that are older were not written by this attempt; null: all count.</param>
    public static TestReportParse Read(string workspace, IEnumerable<string> patterns, DateTime? since, CancellationToken cancel)
    {
        var results = TestReports.None;
        long bytes = 0;
        var files = patterns.SelectMany(pattern => new Glob(pattern).FilesIn(workspace)).Distinct(StringComparer.Ordinal)
            .Where(name => since is null || File.GetLastWriteTimeUtc(Path.Combine(workspace, name)) >= since).Take(MostFiles + 1).ToList();
        if (files.Count == 0)
            return new(null, null);
        if (files.Count > MostFiles)
            return new(null, $"more than {MostFiles} test reports were found");
        foreach (var name in files)
        {
            cancel.ThrowIfCancellationRequested();
            if (name.Contains('\uFFFD', StringComparison.Ordinal))
                return new(null, $"{name}: this test report cannot be opened: its name is not valid UTF-8");
            var file = new FileInfo(Path.Combine(workspace, name));
            bytes += file.Length;
            if (bytes > MostBytes)
                return new(null, $"the test reports are larger than {MostBytes / 1024 / 1024} MiB together");
            // Pipes and devices have no length: they are not opened, as that could wait for ever.
            var parse = file.Length switch
            {
                0 => new(null, $"{name}: this test report is empty"),
                > TestReports.LongestReport => new(null, TestReports.TooLarge(name)),
                _ => TestReports.Parse(name, File.ReadAllText(file.FullName, Encoding.UTF8)),
            };
            if (parse.Results is null)
                return parse;
            results = TestReports.Add(results, parse.Results);
        }
        return new(results, null);
    }
}
