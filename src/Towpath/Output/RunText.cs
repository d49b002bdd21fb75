using Towpath.Engine.Views;

namespace Towpath.Output;

/// <summary>A run as people read it.</summary>
internal static class RunText
{
    private const int SubjectAtMost = 50;
    private const int MessageLines = 4;

    public static void Write(RunView run)
    {
        var what = $"{Terminal.Text(Branch(run.Ref))}  {run.Commit[..10]}  {Terminal.Text(Short(run.Subject))}";
        Terminal.Line($"[bold]run {run.Number}[/]  {Terminal.State(run.State)}  {what}");
        if (run.Trigger != "push")
            Terminal.Line($"  {Terminal.Quiet($"by {run.By}{(run.Schedule is { } scheduled ? $", {scheduled.Words()}" : "")}")}");
        if (run.Reason.Length > 0)
            Terminal.Line($"  {Terminal.Text(run.Reason)}");
        foreach (var job in run.Jobs ?? [])
        {
            var attempt = job.Attempt > 1 ? $", attempt {job.Attempt}" : "";
            var took = Terminal.Quiet(Times.Took(job.StartedAt, job.FinishedAt) + attempt);
            Terminal.Line($"  {Terminal.State(job.State)}  {Terminal.Text(job.Name)}  {took}");
            foreach (var step in job.Steps.Where(step => step.State is "failed" or "errored"))
            {
                var ended = step.ExitCode is { } code ? $"  exit code {code}" : "";
                Terminal.Line($"      {Terminal.State(step.State)}  {Terminal.Text(Short(step.Name))}{ended}");
            }
        }

        if (run.Tests is { } tests)
            WriteTests(tests);
        if (run.Collected is { } at)
            Terminal.Line($"  {RunView.CollectedSentence(run.Number, at)}");
        else if (run.Package is { } package)
            Terminal.Line($"  package {package.Digest}  {Times.Size(package.Size)}");
    }

    public static string Branch(string reference) =>
        reference.StartsWith("refs/heads/", StringComparison.Ordinal) ? reference["refs/heads/".Length..] : reference;

    public static string Short(string subject)
    {
        var line = Terminal.Printable(subject);
        return line.Length <= SubjectAtMost ? line : line[..(SubjectAtMost - 1)] + "…";
    }

    private static void WriteTests(TestsView tests)
    {
        Terminal.Line($"  tests: {tests.Passed} passed, {tests.Failed} failed, {tests.Skipped} skipped");
        foreach (var test in tests.FailedTests)
        {
            Terminal.Line($"    [red]✗[/] {Terminal.Text(test.Name)}");
            foreach (var line in test.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(MessageLines))
                Terminal.Line($"      {Terminal.Quiet(line.TrimEnd())}");
        }
    }
}
