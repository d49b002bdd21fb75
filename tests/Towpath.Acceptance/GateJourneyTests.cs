using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Towpath.Acceptance;

/// <summary>An approval, a webhook with a real listener, and a freeze, with the built command and a server that is killed meanwhile.</summary>
public sealed class GateJourneyTests
{
    private static string Soon => DateTime.UtcNow.AddDays(2).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task What_waits_at_its_gates_waits_on_when_the_server_is_killed()
    {
        await using var up = new UpTowpath();
        await up.StartAsync();
        using var hook = new Hook();
        var production = Site.FreePort();
        using var repository = await Repository.CreateAsync(up, "gated");
        repository.Write("towpath.yml", Site.Pipeline(Site.FreePort(), production).Replace(
            "after: [staging],",
            $"after: [staging], gates: [{{ approval: {{ by: [{Environment.UserName}] }} }}, {{ webhook: {{ url: \"{hook.Url}\", every: 10s }} }}],",
            StringComparison.Ordinal));
        repository.Write("public/index.html", "Page one");
        var commit = await repository.CommitAsync("One");
        var pushed = (await repository.GitAsync("push", "-o", "wait", $"{up.Url}/git/{repository.Project}.git", "HEAD:main")).Expect(0);
        Assert.Contains("approve: towpath approve --project gated --env production --deployment 1", pushed.Errors, StringComparison.Ordinal);

        // It says neither yes nor no yet, and then the server dies.
        var asked = await hook.NextAsync();
        Assert.Equal(commit, asked.GetProperty("commit").GetString());
        await KillServerAsync(up, repository);
        hook.Answer = """{"pass": true}""";
        (await repository.RunAsync("freeze", "--environment", "production", "--until", Soon, "--reason", "The sale.")).Expect(0);
        await hook.NextAsync();
        await GatesAsync(repository, ("approval", "waiting"), ("webhook", "passed"), ("freeze", "waiting"));

        (await repository.RunAsync("approve", "--environment", "production")).Expect(0);
        await KillServerAsync(up, repository);
        await GatesAsync(repository, ("approval", "passed"), ("webhook", "passed"), ("freeze", "waiting"));
        var text = (await repository.RunAsync("envs", "show", "production")).Expect(0).Output;
        Assert.Contains("The sale.", text, StringComparison.Ordinal);
        Assert.Contains($"Approved by {Environment.UserName}.", text, StringComparison.Ordinal);

        (await repository.RunAsync("unfreeze", "--environment", "production")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal("Page one", await Site.PageAsync(production));

        // What the webhook does not want is refused; going back and passing over it are a person's.
        hook.Answer = """{"pass": false, "reason": "There is an incident."}""";
        repository.Write("public/index.html", "Page two");
        await repository.CommitAsync("Two");
        (await repository.PushAsync()).Expect(0);
        var refused = (await repository.RunAsync("deployments", "wait", "--run", "2", "--environment", "production")).Expect(3);
        Assert.Contains("There is an incident.", refused.Output, StringComparison.Ordinal);
        (await repository.RunAsync("promote", "--run", "2", "--environment", "production", "--override", "It ends the incident.")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "2", "--environment", "production")).Expect(0);
        Assert.Equal("Page two", await Site.PageAsync(production));
        (await repository.RunAsync("freeze", "--environment", "production", "--until", Soon)).Expect(0);
        (await repository.RunAsync("rollback", "--environment", "production")).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "production")).Expect(0);
        Assert.Equal("Page one", await Site.PageAsync(production));
    }

    private static async Task KillServerAsync(UpTowpath up, Repository repository)
    {
        await up.KillAsync("server");
        // Waits until it is back.
        (await repository.RunAsync("runs", "wait", "1")).Expect(0);
    }

    private static async Task GatesAsync(Repository repository, params (string Name, string State)[] expected)
    {
        (string, string)[] gates = [];
        var end = DateTime.UtcNow.AddSeconds(30);
        while (DateTime.UtcNow < end)
        {
            var shown = (await repository.RunAsync("envs", "show", "production", "--json")).Expect(0).Json;
            gates = [.. shown.GetProperty("waiting").EnumerateArray().SelectMany(waiting => waiting.GetProperty("gates").EnumerateArray())
                .Select(gate => (gate.GetProperty("name").GetString()!, gate.GetProperty("state").GetString()!))];
            if (gates.SequenceEqual(expected))
                return;
        }

        Assert.Equal(expected, gates);
    }

    /// <summary>A program elsewhere.</summary>
    private sealed class Hook : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly BlockingCollection<JsonElement> asked = [];

        public Hook()
        {
            Url = $"http://127.0.0.1:{Site.FreePort()}/ask/";
            listener.Prefixes.Add(Url);
            listener.Start();
            _ = Task.Run(AnswerAsync);
        }

        public string Url { get; }

        public string Answer { get; set; } = """{"wait": "not before lunch"}""";

        /// <summary>The next question.</summary>
        public Task<JsonElement> NextAsync() => Task.Run(() => asked.TryTake(out var question, TimeSpan.FromMinutes(1))
            ? question
            : throw new TimeoutException("The webhook was not asked."));

        public void Dispose() => ((IDisposable)listener).Dispose();

        private async Task AnswerAsync()
        {
            while (listener.IsListening)
            {
                try
                {
                    var request = await listener.GetContextAsync();
                    using var body = await JsonDocument.ParseAsync(request.Request.InputStream);
                    request.Response.Close(Encoding.UTF8.GetBytes(Answer), willBlock: true);
                    asked.Add(body.RootElement.Clone());
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    // The test is over, or the one who asked is gone.
                }
            }
        }
    }
}
