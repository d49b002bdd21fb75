using Towpath.Protocol.Agent;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

/// <summary>The processes of an environment, as its agent tells them.</summary>
public sealed class InstancePageTests
{
    private const string Production = "/shop/environments/production";
    private const string Fresh = "/-/figures?project=shop&environment=production";

    [Fact]
    public async Task Instances_are_on_the_page_and_in_what_keeps_it_fresh()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Contains("Its agent has told of none", await ReadAsync(server, Production));
        server.Instances.Take(new HealthReport
        {
            Instances =
            {
                Told("<b>web</b>", InstanceReport.Types.Role.Live, InstanceReport.Types.Standing.Healthy),
                Told("web", InstanceReport.Types.Role.Candidate, InstanceReport.Types.Standing.Ended),
            },
        });
        foreach (var page in new[] { Production, Fresh })
        {
            var shown = await ReadAsync(server, page);
            Assert.Contains("<code>&lt;b&gt;web&lt;/b&gt;/0</code>", shown);
            Assert.Contains("Healthy</span></td><td class=\"text\"><a href=\"/shop/runs/1\">Run 1</a> <span class=\"soft\">live</span></td>", shown);
            Assert.Contains("Ended</span></td><td class=\"text\"><a href=\"/shop/runs/1\">Run 1</a> <span class=\"soft\">new</span></td>", shown);
        }

        var read = await server.GetAsync("/api/v1/projects/shop/environments/production");
        Assert.Equal("healthy", read.GetProperty("instances")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task Figures_of_what_is_not_there_are_empty()
    {
        await using var server = await RunningServer.StartAsync();
        Assert.DoesNotContain("instances", await ReadAsync(server, "/-/figures?project=nowhere&environment=production"));
    }

    private static InstanceReport Told(string app, InstanceReport.Types.Role role, InstanceReport.Types.Standing standing) =>
        new() { Project = "shop", Environment = "production", App = app, Run = 1, Role = role, Standing = standing };
}
