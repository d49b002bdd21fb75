using System.Net;
using System.Text;
using System.Text.Json;
using Towpath.Agent.Apps;
using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Tests.Agent.Apps;

/// <summary>What a real program answers, and what the agent makes of it.</summary>
public sealed class WebhookClientTests : IDisposable
{
    private static readonly WebhookPlan Plan = new("shop", "production", 7, 5, "0123abcd", "sha256:ab", new ReplacedVersion(4, "4567cdef"));

    private static readonly Dictionary<string, string> NoSecrets = [];

    private readonly HttpListener listener;
    private readonly string url;

    public WebhookClientTests()
    {
        // A port that is taken meanwhile is not to be feared: the next one is tried, by a new listener, as one that could not start is gone.
        for (var port = 42_000; ; port++)
        {
            listener = new HttpListener();
            try
            {
                listener.Prefixes.Add(url = $"http://127.0.0.1:{port}/");
                listener.Start();
                return;
            }
            catch (HttpListenerException) when (port < 42_200)
            {
                ((IDisposable)listener).Dispose();
            }
        }
    }

    public void Dispose() => ((IDisposable)listener).Dispose();

    [Theory]
    [InlineData(200, """{"pass": true}""", Outcome.Succeeded, "")]
    [InlineData(200, """{"pass": true, "more": [1]}""", Outcome.Succeeded, "")]
    [InlineData(200, """{"pass": false, "reason": "There is an incident."}""", Outcome.Failed, "There is an incident.")]
    [InlineData(200, """{"pass": false}""", Outcome.Failed, "It gives no reason.")]
    [InlineData(200, """{"pass": false, "reason": "one\ntwo"}""", Outcome.Failed, "one two")]
    [InlineData(202, "", Outcome.Errored, "It says that it is not ready.")]
    [InlineData(202, """{"pass": true}""", Outcome.Errored, "It says that it is not ready.")]
    [InlineData(200, """{"wait": "not before lunch"}""", Outcome.Errored, "It says: not before lunch")]
    [InlineData(200, """{"pass": "yes"}""", Outcome.Errored, "neither true nor false")]
    [InlineData(200, """{"passes": true}""", Outcome.Errored, "without a 'pass'")]
    [InlineData(200, "true", Outcome.Errored, "without a 'pass'")]
    [InlineData(200, "<html>", Outcome.Errored, "without a 'pass'")]
    [InlineData(404, """{"pass": true}""", Outcome.Errored, "It answered 404.")]
    [InlineData(500, "", Outcome.Errored, "It answered 500.")]
    public async Task Answer_is_yes_no_or_neither(int status, string body, Outcome outcome, string reason)
    {
        var answer = await AskAsync(status, body);
        Assert.Equal(outcome, answer.Outcome);
        Assert.Contains(reason, answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_told_the_plan_and_no_token()
    {
        var asking = WebhookClient.AskAsync(Question(url), NoSecrets, TestContext.Current.CancellationToken);
        var request = await listener.GetContextAsync();
        using var told = await JsonDocument.ParseAsync(request.Request.InputStream, default, TestContext.Current.CancellationToken);
        Assert.Equal("POST", request.Request.HttpMethod);
        Assert.Equal("application/json", request.Request.ContentType!.Split(';')[0]);
        Assert.Null(request.Request.Headers["Authorization"]);
        Assert.Equal(
            ["project", "environment", "deployment", "run", "commit", "digest", "replaces"], told.RootElement.EnumerateObject().Select(one => one.Name));
        Assert.Equal((7, 4), (told.RootElement.GetProperty("deployment").GetInt32(), told.RootElement.GetProperty("replaces").GetProperty("run").GetInt32()));
        Reply(request, 200, """{"pass": true}""");
        Assert.Equal(Outcome.Succeeded, (await asking).Outcome);
    }

    [Fact]
    public async Task Headers_bring_the_secrets_that_they_name_and_no_answer_brings_one_back()
    {
        var question = Question(url) with { Headers = OrdinalMap<string>.Empty.With("Authorization", "Bearer {{secrets.TOKEN}}").With("X-Team", "shop") };
        var asking = WebhookClient.AskAsync(question, new Dictionary<string, string> { ["TOKEN"] = "swordfish\n" }, TestContext.Current.CancellationToken);
        var request = await listener.GetContextAsync();
        Assert.Equal(("Bearer swordfish", "shop"), (request.Request.Headers["Authorization"], request.Request.Headers["X-Team"]));
        Reply(request, 200, """{"pass": false, "reason": "swordfish may not deploy"}""");
        Assert.Equal(new StageEnded(Outcome.Failed, "*** may not deploy"), await asking);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("two\nlines")]
    [InlineData("schlüssel")]
    public async Task Without_a_value_that_can_be_sent_nobody_is_asked(string? value)
    {
        var secrets = value is null ? NoSecrets : new() { ["TOKEN"] = value };
        var question = Question("http://127.0.0.1:1/") with { Headers = OrdinalMap<string>.Empty.With("X-Key", "{{secrets.TOKEN}}") };
        var answer = await WebhookClient.AskAsync(question, secrets, TestContext.Current.CancellationToken);
        Assert.Equal(Outcome.Errored, answer.Outcome);
        Assert.StartsWith("The secret TOKEN has no value", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_is_not_followed()
    {
        var asking = WebhookClient.AskAsync(Question(url), NoSecrets, TestContext.Current.CancellationToken);
        var request = await listener.GetContextAsync();
        request.Response.Redirect(url + "elsewhere");
        request.Response.Close();
        var answer = await asking;
        Assert.Equal(Outcome.Errored, answer.Outcome);
        Assert.Contains("302", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endless_answer_is_none() =>
        Assert.Equal(Outcome.Errored, (await AskAsync(200, $$"""{"pass": true, "more": "{{new string('x', 20_000)}}"}""")).Outcome);

    [Fact]
    public async Task Nobody_there_is_neither_yes_nor_no()
    {
        listener.Stop();
        var answer = await WebhookClient.AskAsync(Question(url), NoSecrets, TestContext.Current.CancellationToken);
        Assert.Equal(Outcome.Errored, answer.Outcome);
        Assert.Contains("It could not be asked", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Question_that_is_called_off_ends()
    {
        using var off = new CancellationTokenSource();
        var asking = WebhookClient.AskAsync(Question(url), NoSecrets, off.Token);
        var request = await listener.GetContextAsync();
        await off.CancelAsync();
        Assert.Equal("It was called off.", (await asking).Reason);
        request.Response.Abort();
    }

    private async Task<StageEnded> AskAsync(int status, string body)
    {
        var asking = WebhookClient.AskAsync(Question(url), NoSecrets, TestContext.Current.CancellationToken);
        Reply(await listener.GetContextAsync(), status, body);
        return await asking;
    }

    private static void Reply(HttpListenerContext request, int status, string body)
    {
        request.Response.StatusCode = status;
        try
        {
            request.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: true);
        }
        catch (HttpListenerException)
        {
            // Who asked has heard enough.
        }
    }

    private static AskWebhook Question(string url) => new("shop/environments/production/deployments/7/gate-1-1", null, url, Plan);
}
