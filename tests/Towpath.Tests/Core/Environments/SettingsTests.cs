using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>An environment's variables and secrets, and the deployments that bring them.</summary>
public sealed class SettingsTests
{
    [Fact]
    public void Changed_settings_deploy_what_is_live_again() => Given.Environment("production")
        .Live(1)
        .Variable("LOG", "debug")
        .ThenOffered(1, DeploymentKind.Settings)
        .ThenAsked<StartRelease>(start => start.Plan is { Run: 1, Release: "d2" } && start.Plan.Variables["LOG"] == "debug")
        .Arrives()
        .ThenLive(1)
        .ThenNothingIsUnderWay();

    [Fact]
    public void Settings_that_are_what_they_were_change_nothing() => Given.Environment("production")
        .Variable("LOG", "debug")
        .Live(1)
        .Variable("LOG", "debug")
        .ThenNothingHappened()
        .Variable("UNKNOWN", null)
        .ThenNothingHappened();

    [Fact]
    public void Secret_that_is_set_again_is_a_change() => Given.Environment("production")
        .Secret("TOKEN")
        .Live(1)
        .Secret("TOKEN")
        .ThenOffered(1, DeploymentKind.Settings);

    [Fact]
    public void Settings_wait_for_the_first_deployment_where_nothing_is_live() => Given.Environment("production")
        .Variable("LOG", "debug")
        .ThenNothingIsUnderWay()
        .Offered(1)
        .ThenAsked<StartRelease>(start => start.Plan.Variables["LOG"] == "debug")
        .Arrives()
        .ThenNothingIsUnderWay();

    [Fact]
    public void Deployment_keeps_the_settings_that_it_started_with() => Given.Environment("production")
        .Underway(1, Stage.Start)
        .Variable("LOG", "debug")
        .Answered(Outcome.Succeeded)
        .ThenAsked<CheckRelease>(check => check.Plan.Variables.Count == 0)
        .Answered(Outcome.Succeeded)
        .Answered(Outcome.Succeeded)
        .ThenLive(1)
        .ThenOffered(1, DeploymentKind.Settings)
        .ThenAsked<StartRelease>(start => start.Plan.Variables["LOG"] == "debug");

    [Fact]
    public void Newer_candidate_that_waits_brings_them_anyway()
    {
        var production = Given.Environment("production")
            .Live(1)
            .Underway(2, Stage.Start)
            .Offered(3)
            .Variable("LOG", "debug")
            .Arrives()
            .ThenLive(3);
        Assert.DoesNotContain(production.State.Deployments, deployment => deployment.Kind == DeploymentKind.Settings);
    }

    [Fact]
    public void Settings_that_a_version_does_not_live_with_are_tried_once() => Given.Environment("production")
        .Live(1)
        .Variable("LOG", "nonsense")
        .Answered(Outcome.Failed, "web/0 ended at once.")
        .Arrives()
        .Then(1, DeploymentStatus.Failed)
        .ThenNothingIsUnderWay()
        .When(new EnvironmentClock())
        .ThenNothingHappened()
        .Variable("LOG", "debug")
        .Arrives()
        .Then(1, DeploymentStatus.Live);

    [Fact]
    public void Held_environment_gets_its_settings_when_the_hold_is_lifted() => Given.Environment("production")
        .Live(1)
        .Held()
        .Variable("LOG", "debug")
        .ThenNothingIsUnderWay()
        .When(new ResumeEnvironment("ada"))
        .ThenOffered(1, DeploymentKind.Settings)
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Revisions_are_never_used_twice() => Assert.Equal(4, Given.Environment("production")
        .Variable("LOG", "a")
        .Live(1)
        .Variable("LOG", "b").Arrives()
        .Variable("LOG", "c").Arrives()
        .RolledBack().Arrives()
        .When(new ResumeEnvironment("ada"))
        .Variable("LOG", "d")
        .State.Settings.Revision);
}
