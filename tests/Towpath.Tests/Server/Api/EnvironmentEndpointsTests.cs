using System.Net;
using System.Text;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Environments;

namespace Towpath.Tests.Server.Api;

public sealed class EnvironmentEndpointsTests
{
    private const string Production = "/api/v1/projects/shop/environments/production";

    [Fact]
    public async Task An_environment_is_shown_by_the_names_that_scripts_rely_on()
    {
        await using var server = await WithTwoVersionsAsync();
        var shown = await server.GetAsync(Production);
        Assert.Equal("production", shown.GetProperty("name").GetString());
        Assert.Equal("http://127.0.0.1:8080/", shown.GetProperty("url").GetString());
        var live = shown.GetProperty("live");
        Assert.Equal((2, Commits.Second, 0), (
            live.GetProperty("run").GetInt32(), live.GetProperty("commit").GetString(), live.GetProperty("settings").GetInt32()));
        Assert.StartsWith("sha256:", live.GetProperty("digest").GetString());
        Assert.True(live.GetProperty("since").TryGetDateTimeOffset(out _));
        var deployment = shown.GetProperty("deployment");
        Assert.Equal((2, "deploy", "live", ""), (
            deployment.GetProperty("run").GetInt32(), deployment.GetProperty("kind").GetString(), deployment.GetProperty("state")
                .GetString(), deployment.GetProperty("reason").GetString()));
        Assert.Equal(JsonValueKind.Array, shown.GetProperty("waiting").ValueKind);
        var history = shown.GetProperty("history");
        Assert.Equal([2, 1], history.EnumerateArray().Select(entry => entry.GetProperty("run").GetInt32()));
        foreach (var name in new[] { "run", "kind", "digest", "state", "reason" })
            Assert.True(history[0].TryGetProperty(name, out _), name);
        Assert.False(shown.TryGetProperty("hold", out _));
    }

    [Fact]
    public async Task Environments_are_listed_in_the_order_of_the_flow_also_before_anything_reached_them()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = _ => null;
        await server.PushAsync("shop", Commits.First);
        var names = (await server.GetAsync("/api/v1/projects/shop/environments")).EnumerateArray()
            .Select(one => one.GetProperty("name").GetString());
        Assert.Equal(["staging", "production"], names);
        Assert.Equal("staging", (await server.GetAsync(Production)).GetProperty("after")[0].GetString());
    }

    [Fact]
    public async Task A_rollback_goes_to_the_version_before_and_holds()
    {
        await using var server = await WithTwoVersionsAsync();
        using var rolledBack = await server.PostAsync(Production + "/rollback", new { reason = "prices are wrong" });
        Assert.Equal(HttpStatusCode.OK, rolledBack.StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
        var shown = await server.GetAsync(Production);
        Assert.Equal("prices are wrong", shown.GetProperty("hold").GetProperty("reason").GetString());
        Assert.Equal("owner", shown.GetProperty("hold").GetProperty("by").GetString());
        Assert.Equal("rollback", shown.GetProperty("history")[0].GetProperty("kind").GetString());

        Assert.Contains("no earlier version", await RunningServer.DetailAsync(await server.PostAsync(Production + "/rollback"), 409));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Production + "/resume")).StatusCode);
        Assert.Contains("not held", await RunningServer.DetailAsync(await server.PostAsync(Production + "/resume"), 409));
    }

    [Fact]
    public async Task Promoting_an_older_run_asks_first()
    {
        await using var server = await WithTwoVersionsAsync();
        var sentence = await RunningServer.DetailAsync(await server.PostAsync(Production + "/promote", new { run = 1 }), 409);
        Assert.Contains("Run 1 is older than run 2", sentence);
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Production + "/promote", new { run = 1, confirmOlder = true })).StatusCode);
        await server.GoesLiveAsync("shop", "production", 1);
        Assert.Contains("never offered", await RunningServer.DetailAsync(
            await server.PostAsync(Production + "/promote", new { run = 7 }), 409));
    }

    [Fact]
    public async Task Stop_ends_what_runs_and_redeploy_brings_it_back()
    {
        await using var server = await WithTwoVersionsAsync();
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Production + "/stop")).StatusCode);
        await Eventually.That(
            () => server.Plane.Environment("shop", "production") is { Stopped: true, Active: null }, "production is stopped");
        Assert.False((await server.GetAsync(Production)).TryGetProperty("live", out _));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(Production + "/redeploy")).StatusCode);
        await server.GoesLiveAsync("shop", "production", 2);
    }

    [Fact]
    public async Task A_hold_stops_what_comes_and_says_why()
    {
        await using var server = await WithTwoVersionsAsync();
        await server.PostAsync(Production + "/hold", new { reason = "stocktaking" });
        await server.PushAsync("shop", Commits.Third);
        await server.GoesLiveAsync("shop", "staging", 3);
        var shown = await server.GetAsync(Production);
        Assert.Equal("Held by owner: stocktaking", shown.GetProperty("waiting")[0].GetProperty("reason").GetString());
        await server.PostAsync(Production + "/resume");
        await server.GoesLiveAsync("shop", "production", 3);
        Assert.Contains("at most 500", await RunningServer.DetailAsync(
            await server.PostAsync(Production + "/hold", new { reason = new string('x', 501) }), 400));
    }

    [Fact]
    public async Task A_deployment_is_canceled_or_accepted_by_number()
    {
        await using var server = await RunningServer.StartAsync();
        server.Work.Script = command => command is StartRelease { Plan.Environment: "staging" } ? null : ScriptedWork.Succeed(command);
        await server.PushAsync("shop", Commits.First);
        await Eventually.That(() => server.Plane.Environment("shop", "staging")?.Active is not null, "staging starts");
        const string staging = "/api/v1/projects/shop/environments/staging";
        Assert.Contains("does not wait for a decision", await RunningServer.DetailAsync(
            await server.PostAsync(staging + "/deployments/1/accept"), 409));
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync(staging + "/deployments/1/cancel")).StatusCode);
        await Eventually.That(
            () => server.Plane.Environment("shop", "staging")!.Deployment(1)!.Status == DeploymentStatus.Canceled, "it is canceled");
        Assert.Contains("no deployment 9", await RunningServer.DetailAsync(await server.PostAsync(staging + "/deployments/9/cancel"), 409));
    }

    [Fact]
    public async Task Variables_are_set_and_removed_one_by_one()
    {
        await using var server = await WithTwoVersionsAsync();
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(server, """{"variables":{"LOG":"debug","SIZE":"4"}}""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PatchAsync(server, """{"variables":{"LOG":null}}""")).StatusCode);
        var settings = await server.GetAsync(Production + "/settings");
        Assert.Equal(["SIZE"], settings.GetProperty("variables").EnumerateObject().Select(pair => pair.Name));
        Assert.Equal(2, settings.GetProperty("revision").GetInt32());
    }

    [Theory]
    [InlineData("""{"variables":{"1LOG":"x"}}""", "no name for a variable")]
    [InlineData("""{"variables":{"A=B":"x"}}""", "no name for a variable")]
    [InlineData("""{"variables":{"PORT":"1"}}""", "sets 'PORT' itself")]
    [InlineData("""{"variables":{"TOWPATH_URL":"1"}}""", "sets 'TOWPATH_URL' itself")]
    [InlineData("""{"variables":{"LOG":"a\u0000b"}}""", "NUL")]
    [InlineData("""{"variables":{"LOG":5}}""", "$.variables.LOG")]
    [InlineData("""{"variables":""", "not the JSON")]
    public async Task A_setting_that_cannot_be_is_refused_with_its_reason(string body, string reason)
    {
        await using var server = await WithTwoVersionsAsync();
        Assert.Contains(reason, await RunningServer.DetailAsync(await PatchAsync(server, body), 400));
        Assert.Equal(0, (await server.GetAsync(Production + "/settings")).GetProperty("revision").GetInt32());
    }

    [Fact]
    public async Task A_body_has_to_be_json()
    {
        await using var server = await WithTwoVersionsAsync();
        Assert.Contains("application/json", await RunningServer.DetailAsync(
            await PatchAsync(server, "variables=1", "application/x-www-form-urlencoded"), 415));
        Assert.Contains("application/json", await RunningServer.DetailAsync(
            await PatchAsync(server, """{"variables":{}}""", "text/plain"), 415));
    }

    [Fact]
    public async Task A_secret_goes_to_its_store_and_never_comes_back()
    {
        await using var server = await WithTwoVersionsAsync();
        using var set = await server.Client.PutAsync(
            Production + "/secrets/DATABASE_URL", Json("""{"value":"hunter2"}"""), RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal("hunter2", server.Secrets.Reveal("shop", "production", ["DATABASE_URL"]).Values["DATABASE_URL"]);
        Assert.DoesNotContain("hunter2", await set.Content.ReadAsStringAsync(RunningServer.Cancel));
        Assert.DoesNotContain("hunter2", (await server.GetAsync(Production)).GetRawText());
        Assert.Equal("DATABASE_URL", (await server.GetAsync(Production + "/settings")).GetProperty("secrets")[0].GetString());

        using var removed = await server.Client.DeleteAsync(Production + "/secrets/DATABASE_URL", RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.OK, removed.StatusCode);
        Assert.Empty(server.Secrets.Names("shop", "production"));
        Assert.Contains("no secret", await RunningServer.DetailAsync(
            await server.Client.DeleteAsync(Production + "/secrets/DATABASE_URL", RunningServer.Cancel), 404));
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        await using var server = await RunningServer.StartAsync();
        var description = await server.GetAsync("/api/v1/openapi.json");
        var operations = description.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (path.Name, operation))).ToList();
        Assert.All(operations, one => Assert.False(string.IsNullOrEmpty(one.operation.Value.GetProperty("summary").GetString()), one.Name));
        Assert.Contains(operations, one =>
            one.Name == "/api/v1/projects/{project}/environments/{environment}/rollback" && one.operation.Name == "post");
    }

    private static async Task<RunningServer> WithTwoVersionsAsync()
    {
        var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        await server.PushAsync("shop", Commits.Second);
        await server.GoesLiveAsync("shop", "production", 2);
        return server;
    }

    private static Task<HttpResponseMessage> PatchAsync(RunningServer server, string body, string type = "application/json") =>
        server.Client.PatchAsync(Production + "/settings", new StringContent(body, Encoding.UTF8, type), RunningServer.Cancel);

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
