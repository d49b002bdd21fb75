using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core;
using Towpath.Engine.Agents;
using Towpath.Protocol.Agent;

namespace Towpath.Tests.Server.Web;

/// <summary>The form that sets how many jobs an agent does at once.</summary>
public sealed class AgentPageTests : IDisposable
{
    private const string Page = "/-/agents";
    private const string Limit = "/-/agents/builder/limit";
    private readonly TestFolder temp = new();
    private readonly AgentHub hub;

    public AgentPageTests()
    {
        hub = new AgentHub(AgentLimits.Open(temp.Path), TimeProvider.System, NullLogger<AgentHub>.Instance);
        hub.Join(new ConnectedAgent(new Hello { Name = "builder", Slots = 2 }, command => (command, OrdinalMap<string>.Empty)), []);
    }

    public void Dispose()
    {
        hub.Dispose();
        temp.Dispose();
    }

    [Fact]
    public async Task A_limit_is_set_and_given_back_on_the_page()
    {
        await using var server = await RunningServer.StartAsync(agents: hub);
        var page = await Browser.ReadAsync(server, Page);
        Assert.Contains("2, its own number", page);
        Assert.DoesNotContain("name=\"reset\"", page);

        using var set = await Browser.SendAsync(server, Limit, ("jobs", "5"));
        Assert.Equal((HttpStatusCode.SeeOther, Page), (set.StatusCode, set.Headers.Location?.ToString()));
        Assert.Equal(5, hub.Agents.Single().Slots);
        page = await Browser.ReadAsync(server, Page);
        Assert.Contains("5, set on the server", page);
        Assert.Contains("value=\"5\"", page);
        Assert.Contains("Back to its own number, 2", page);

        // The field is sent with either button.
        using var reset = await Browser.SendAsync(server, Limit, ("jobs", "5"), ("reset", "true"));
        Assert.Equal(HttpStatusCode.SeeOther, reset.StatusCode);
        Assert.Equal((2, null), (hub.Agents.Single().Slots, hub.Agents.Single().Limit));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("99999999999")]
    [InlineData("")]
    public async Task What_is_no_limit_is_refused_with_the_reason(string jobs)
    {
        await using var server = await RunningServer.StartAsync(agents: hub);
        using var refused = await Browser.SendAsync(server, Limit, ("jobs", jobs));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var page = WebUtility.HtmlDecode(await refused.Content.ReadAsStringAsync(RunningServer.Cancel));
        Assert.Contains("from 1 to 1000", page);
        Assert.Contains($"href=\"{Page}\"", page);
        Assert.Null(hub.Agents.Single().Limit);
    }

    [Fact]
    public async Task A_limit_of_nobody_and_one_that_cannot_be_kept_are_refused()
    {
        await using var server = await RunningServer.StartAsync(agents: hub);
        using var nobody = await Browser.SendAsync(server, "/-/agents/nobody/limit", ("jobs", "5"));
        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
        Assert.Contains("No agent 'nobody' is connected", WebUtility.HtmlDecode(await nobody.Content.ReadAsStringAsync(RunningServer.Cancel)));

        // Nothing can take the place of a folder.
        Directory.CreateDirectory(temp.At("agents.json", "in the way"));
        using var unkept = await Browser.SendAsync(server, Limit, ("jobs", "5"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unkept.StatusCode);
        Assert.Contains("The limit cannot be written", await unkept.Content.ReadAsStringAsync(RunningServer.Cancel));
        using var scripted = await server.Client.PutAsync("/api/v1/agents/builder/limit", JsonContent.Create(new { jobs = 5 }), RunningServer.Cancel);
        Assert.StartsWith("The limit cannot be written", await RunningServer.DetailAsync(scripted, 503));
        Assert.Null(hub.Agents.Single().Limit);
    }

    [Fact]
    public async Task Somebody_who_is_not_signed_in_sets_no_limit()
    {
        await using var server = await RunningServer.StartAsync(agents: hub);
        using var stranger = server.NewClient();
        using var refused = await stranger.PostAsync(
            Limit, new FormUrlEncodedContent([KeyValuePair.Create("jobs", "5")]), RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Null(hub.Agents.Single().Limit);
    }
}
