using Towpath.Client;
using Towpath.Engine.Views;

namespace Towpath.Tests.Cli;

public sealed class WaitsTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("running", true, null)]
    [InlineData("succeeded", true, null)]
    [InlineData("failed", true, "run 7 failed")]
    [InlineData("canceled", true, "run 7 canceled")]
    [InlineData("succeeded", false, "does not deploy")]
    public void A_wait_for_a_deployment_ends_when_the_run_brings_none(string state, bool deploys, string? why)
    {
        var said = Waits.WhyNever(Run(state, deploys), Environment("staging", []), [Environment("staging", [])]);
        if (why is null)
            Assert.Null(said);
        else
            Assert.Contains(why, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("live", false)]
    [InlineData("checking", false)]
    [InlineData("failed", true)]
    [InlineData("rolled-back", true)]
    [InlineData("superseded", true)]
    [InlineData("canceled", true)]
    public void A_wait_ends_when_an_environment_before_said_no(string state, bool ends)
    {
        var staging = Environment("staging", [], Deployment(1, 7, state));
        var production = Environment("production", ["staging"]);
        var later = Environment("later", ["production"]);
        Assert.Equal(ends, Waits.WhyNever(Run("succeeded", true), production, [staging, production, later]) is not null);
        Assert.Equal(ends, Waits.WhyNever(Run("succeeded", true), later, [staging, production, later]) is not null);
    }

    [Fact]
    public void The_latest_deployment_of_a_run_counts()
    {
        var environment = Environment("production", [], Deployment(3, 7, "live"), Deployment(2, 8, "failed"), Deployment(1, 7, "failed"));
        Assert.Equal(3, Waits.Latest(environment, 7)!.Number);
        Assert.Null(Waits.Latest(environment, 9));
    }

    private static RunView Run(string state, bool deploys) => new(
        "shop", 7, new string('a', 40), "Subject", "refs/heads/main", 1, state, "", deploys, null, "somebody", [],
        state == "succeeded" ? new PackageView("sha256:" + new string('b', 64), 1) : null, null, Noon, Noon, Noon);

    private static EnvironmentView Environment(string name, string[] after, params DeploymentView[] history) => new(
        "shop", name, null, new Dictionary<string, string>(), after, null, history.Length > 0 ? history[0] : null, [], null, null,
        new SettingsView(0, new Dictionary<string, string>(), []), history);

    private static DeploymentView Deployment(int number, int run, string state) => new(
        number, run, new string('a', 40), "Subject", "sha256:" + new string('b', 64),
        "deploy", state, "", "towpath", null, null, "log", Noon, Noon, Noon);
}
