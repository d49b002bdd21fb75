using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Environments;

/// <summary>What a program elsewhere is asked, and what its answers lead to.</summary>
public sealed class WebhookTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly WebhookGate Hook = new("https://change.example/ask", TimeSpan.FromMinutes(1), PassesWhenOverdue: false, Hour);

    [Fact]
    public void Webhook_is_asked_by_the_agent_of_the_environment_about_the_plan() => Given.Environment("production")
        .Live(1)
        .Defined(place => place with { Agent = "east" })
        .Gated(Hook)
        .Offered(2)
        .Then(2, DeploymentStatus.Waiting, "It waits for a yes from change.example.")
        .ThenAsked<AskWebhook>(question => question.Agent == "east" && question.Url == Hook.Url && question.Plan.Deployment == 2
            && question.Plan.Run == 2 && question.Plan.Replaces == new ReplacedVersion(1, Sample.CommitOf(1)))
        .Heard(2, Outcome.Succeeded)
        .Then(2, DeploymentStatus.Starting);

    [Fact]
    public void Webhook_that_says_no_refuses() => Given.Environment("production")
        .Gated(Hook)
        .Offered(1)
        .Heard(1, Outcome.Failed, "There is an incident.")
        .Then(1, DeploymentStatus.Refused, "Refused by change.example: There is an incident.")
        .ThenNothingIsUnderWay();

    [Fact]
    public void Webhook_that_says_neither_is_asked_again_until_its_time_is_over() => Given.Environment("production")
        .Gated(Hook)
        .Offered(1)
        .Heard(1, Outcome.Errored, "It says: not before lunch.")
        .ThenNothingIsUnderWay()
        .ThenGate(1, "webhook", isPassed: false, "It says: not before lunch.")
        .AfterTime(TimeSpan.FromMinutes(1))
        .ThenAsked<AskWebhook>(question => question.Id.EndsWith("/gate-1-2", StringComparison.Ordinal))
        .AfterTime(Hour)
        .Then(1, DeploymentStatus.Refused, "Its gate 'webhook' had 1h");

    [Fact]
    public void Webhook_that_nobody_answers_passes_where_the_file_says_so() => Given.Environment("production")
        .Gated(Hook with { PassesWhenOverdue = true })
        .Offered(1)
        .AfterTime(Hour)
        .Then(1, DeploymentStatus.Starting);

    [Fact]
    public void Webhook_is_asked_anew_when_what_it_was_asked_about_has_changed() => Given.Environment("production")
        .Live(1)
        .Held()
        .Gated(Hook)
        .Offered(2)
        .Heard(2, Outcome.Succeeded)
        .ThenGate(2, "webhook", isPassed: true)
        .Variable("LEVEL", "debug")
        .ThenGate(2, "webhook", isPassed: false)
        .Heard(2, Outcome.Succeeded)
        .ThenGate(2, "webhook", isPassed: true);

    [Fact]
    public void Late_answer_of_a_webhook_changes_nothing() => Given.Environment("production")
        .Gated(Hook)
        .Offered(1)
        .AfterTime(Webhooks.AnswerTimeout)
        .When(new StageAnswered("shop/environments/production/deployments/1/gate-1-1", Outcome.Succeeded, ""))
        .ThenNothingHappened();
}
