using System.Diagnostics;
using Towpath.Agent.Apps;

namespace Towpath.Tests.Agent.Apps;

public sealed class AppLogTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Log_that_grew_far_beyond_its_limit_keeps_only_the_newest_bytes()
    {
        var log = Write("old and far too much" + "the newest");

        AppLog.Cut(log, 10);

        Assert.Equal(("the newest", ""), (File.ReadAllText(log + ".1"), File.ReadAllText(log)));
    }

    [Fact]
    public async Task App_goes_on_writing_at_the_new_end()
    {
        var log = Write("");
        const string App = "exec >>\"$0\"; echo more than ten bytes; echo begun >&2; read -r go; echo on";
        using var app = Process.Start(new ProcessStartInfo("sh", ["-c", App, log]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        Assert.Equal("begun", await app.StandardError.ReadLineAsync(TestContext.Current.CancellationToken));

        AppLog.Cut(log, 10);
        await app.StandardInput.WriteLineAsync();
        await app.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("on\n", await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Log_within_its_limit_is_left_alone()
    {
        var log = Write("ten bytes!");

        AppLog.Cut(log, 10);

        Assert.Equal("ten bytes!", File.ReadAllText(log));
        Assert.False(File.Exists(log + ".1"));
    }

    private string Write(string text)
    {
        var log = folder.At("web-0.log");
        File.WriteAllText(log, text);
        return log;
    }
}
