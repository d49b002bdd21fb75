using System.Globalization;
using System.Text.Json;

namespace Towpath.Chaos;

/// <summary>A version is live under load, the next one comes as far as it should, something happens to it, and somebody dies.</summary>
internal sealed class WayBackJourney : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);
    private const int Asked = 20;

    private readonly Machine machine;
    private readonly WayBack way;
    private readonly PushingRepository repository;
    private readonly int port = Journey.FreePort();

    public WayBackJourney(Machine machine, WayBack way, string project)
    {
        (this.machine, this.way) = (machine, way);
        repository = new PushingRepository(machine, project);
    }

    private string Path => $"projects/{repository.Project}/environments/production";

    /// <exception cref="BrokenPromiseException">It ended otherwise; the message says how.</exception>
    public async Task RunAsync()
    {
        await PushAsync(isBad: false);
        await Until.TrueAsync("the first version is live", Long, async () => (await ShowAsync()) is { } shown && LiveRun(shown) == 1);
        await using var load = new Load(port);
        await PushAsync(isBad: true);
        await Until.TrueAsync($"the second version is {way.Phase}", Long, async () => (await ShowAsync()) is { } shown && await IsThereAsync(shown));
        await StrikeAsync();
        if (way.Killed is { } killed)
            machine.Kill(killed);
        await Until.TrueAsync($"the second version ends {way.End}", Long, async () => (await ShowAsync()) is { } shown && IsOver(shown));
        await CheckAsync(load);
        await machine.PostAsync(Path + "/stop");
        await Until.TrueAsync("the environment is stopped", Long, () => Task.FromResult(
            !Machine.Instances(repository.Project).Any(instance => instance.Contains("/d1/", StringComparison.Ordinal))));
    }

    public void Dispose() => repository.Dispose();

    private async Task PushAsync(bool isBad)
    {
        await repository.CommitAsync(("towpath.yml", Pipeline(isBad)), ("version", isBad ? "2\n" : "1\n"));
        await repository.PushAsync();
    }

    private async Task<bool> IsThereAsync(JsonElement shown)
    {
        if (shown.GetProperty("deployment") is var deployment && deployment.GetProperty("run").GetInt32() != 2)
            return false;
        var state = deployment.GetProperty("state").GetString();
        return way.Phase switch
        {
            "starting" => state == "starting",
            "checking" => state == "checking",
            // It has its share, and is being measured.
            "step" => state == "shifting" && (await machine.AskAsync(port)).StartsWith("d2 ", StringComparison.Ordinal),
            "paused" => state == "paused",
            _ => state == "live",
        };
    }

    private async Task StrikeAsync()
    {
        if (way.IsByHand)
        {
            var (status, text) = await machine.PostAsync(Path + (way.Trigger == "cancel" ? "/deployments/2/cancel" : "/rollback"));
            if (status != 200)
                throw new BrokenPromiseException($"{way.Trigger} was answered {status}: {text}");
        }
        else if (way.Trigger == "crash")
        {
            // The agent first: the crash is to come while nobody looks.
            if (way.Killed == "agent")
                machine.Kill("agent");
            var instance = Machine.Instances(repository.Project).Single(each => each.Contains("/d2/", StringComparison.Ordinal));
            Machine.KillProcess(int.Parse(instance.Split(' ')[1], CultureInfo.InvariantCulture));
        }
    }

    private static int? LiveRun(JsonElement shown) =>
        shown.TryGetProperty("live", out var live) && live.ValueKind == JsonValueKind.Object ? live.GetProperty("run").GetInt32() : null;

    /// <summary>Nothing is under way, and nothing waits.</summary>
    private bool IsOver(JsonElement shown)
    {
        var latest = shown.GetProperty("deployment");
        return latest.TryGetProperty("endedAt", out var ended) && ended.ValueKind == JsonValueKind.String
            && shown.GetProperty("waiting").GetArrayLength() == 0 && (way.Trigger == "rollback" ? latest.GetProperty("kind").GetString() == "rollback"
                : latest.GetProperty("number").GetInt32() == 2);
    }

    private async Task CheckAsync(Load load)
    {
        var shown = await Until.AsksAsync("the environment is shown", Long, ShowAsync);
        var states = shown.GetProperty("history").EnumerateArray().Reverse()
            .Select(each => $"{each.GetProperty("kind").GetString()} {each.GetProperty("run").GetInt32()} {each.GetProperty("state").GetString()}").ToList();
        string[] expected = ["deploy 1 live", $"deploy 2 {way.End}", .. way.Trigger == "rollback" ? ["rollback 1 live"] : Array.Empty<string>()];
        Same("the deployments", expected, states);
        Same("what is live", [1], [LiveRun(shown) ?? 0]);
        Same("the hold", [way.Trigger == "rollback"], [shown.TryGetProperty("hold", out var hold) && hold.ValueKind == JsonValueKind.Object]);
        var answers = new List<string>();
        for (var ask = 0; ask < Asked; ask++)
            answers.Add((await machine.AskAsync(port)).Split(' ')[0]);
        Same("who answers", ["d1"], answers.Distinct());
        await Until.TrueAsync("only the first version runs", Long, () => Task.FromResult(
            Machine.Instances(repository.Project) is [var only] && only.Contains("/d1/", StringComparison.Ordinal)));
        var result = await load.StopAsync();
        // A version that fails on purpose fails those whom it answers.
        if (result.Failed > 0 && way.Trigger != "verdict")
            throw new BrokenPromiseException($"{result.Failed} of {result.Requests} requests failed, the first at {result.FirstProblem}");
        if (!result.Answers.Any(answer => answer.StartsWith("d1 ", StringComparison.Ordinal)))
            throw new BrokenPromiseException("the first version answered nothing");
    }

    private Task<JsonElement?> ShowAsync() => machine.GetAsync(Path);

    private static void Same<T>(string what, IEnumerable<T> expected, IEnumerable<T> found)
    {
        var (wanted, are) = (string.Join(", ", expected), string.Join(", ", found));
        if (wanted != are)
            throw new BrokenPromiseException($"{what} should be [{wanted}] and are [{are}]");
    }

    private string Pipeline(bool isBad)
    {
        var variables = !isBad ? "" : way.Trigger switch
        {
            "health" => "TEST_UNHEALTHY_SECONDS=1000 ",
            "verdict" => "TEST_ERRORS=0.5 ",
            _ => "",
        };
        // Not the first version: a busy machine may take its time for that.
        var patience = isBad && way.Trigger == "health" ? ", startTimeout: 5s" : "";
        var slow = way.Phase == "starting" && isBad ? "before: [sleep 3], " : "";
        var verify = way.Trigger == "verify" && isBad ? "verify: [sleep 2, \"false\"], " : "";
        var steps = way.Phase == "paused" ? "[{ share: 50%, pause: true }], judge: none, dwell: 1s" : "[50%], dwell: 6s";
        var rollout = way.Phase == "live" ? "" : way.Trigger == "deadline"
            ? $"rollout: {{ canary: {steps}, sticky: false, longest: 12s, undecided: roll-back }}, "
            : $"rollout: {{ canary: {steps}, sticky: false }}, ";
        return $$"""
            jobs:
              build: { steps: ["test -f version"], retry: 3 }
            package: .
            app: { command: '{{variables}}exec "{{Built.TestApp}}"', health: /healthz{{patience}} }
            environments:
              production: { {{slow}}{{verify}}{{rollout}}listen: {{port}}, drain: 5s, keepWarm: 0s }
            """;
    }
}
