using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Runs;

namespace Towpath.Tests.Server.Web;

/// <summary>What a tab tells of its page before anybody looks at it.</summary>
public sealed partial class StatePageTests
{
    [Fact]
    public async Task Title_and_icon_tell_how_what_the_page_is_about_does()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command switch
        {
            RunJob { Run: 2 } job => ScriptedWork.Job(job, Outcome.Failed, "exit code 1"),
            RunJob { Run: 3 } => null,
            _ => ScriptedWork.Succeed(command),
        };
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", Commits.Second);
        await server.RunEndsAsync("shop", 2);
        await server.PushAsync("shop", Commits.Third);
        await Eventually.That(() => server.Plane.Run("shop", 3)?.Status == RunStatus.Running, "run 3 runs");
        await server.PostAsync("/api/v1/projects/shop/environments/staging/hold", new { reason = "Look at it." });
        Assert.Equal(("Succeeded · Run 1 of shop · Towpath", "icon-good.svg"), await TabAsync("/shop/runs/1"));
        Assert.Equal(("Failed · Run 2 of shop · Towpath", "icon-bad.svg"), await TabAsync("/shop/runs/2"));
        Assert.Equal(("Running · Run 3 of shop · Towpath", "icon-busy.svg"), await TabAsync("/shop/runs/3"));
        Assert.Equal(("Live · production of shop · Towpath", "icon-good.svg"), await TabAsync("/shop/environments/production"));
        Assert.Equal(("Held · staging of shop · Towpath", "icon-warn.svg"), await TabAsync("/shop/environments/staging"));
        Assert.Equal("icon-good.svg", (await TabAsync("/shop/environments/production/deployments/1")).Icon);
        Assert.Equal(("Audit · Towpath", "icon.svg"), await TabAsync("/-/audit"));

        async Task<(string Title, string Icon)> TabAsync(string path)
        {
            var page = await Browser.TextAsync(server, path);
            using var icon = await server.Client.GetAsync(Icon().Match(page).Groups[1].Value, RunningServer.Cancel);
            Assert.Equal("image/svg+xml", icon.Content.Headers.ContentType?.ToString());
            return (Title().Match(page).Groups[1].Value, Icon().Match(page).Groups[2].Value);
        }
    }

    [GeneratedRegex("<title>(.*?)</title>")]
    private static partial Regex Title();

    [GeneratedRegex("<link rel=\"icon\" href=\"([^\"]*/([^/\"]+))\"")]
    private static partial Regex Icon();
}
