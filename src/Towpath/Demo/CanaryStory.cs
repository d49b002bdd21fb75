using System.Globalization;
using Spectre.Console;
using Towpath.Client;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Demo;

/// <summary>
/// A service that many use gets new versions: one fails more often, one is slower where it is slow already, one is as good as ever. Each
/// gets a small share of the requests first, and what it shows decides.
/// </summary>
internal sealed class CanaryStory(ServerConnection connection, CanaryRepository repository, string url, Narrator narrator)
{
    private const string Environment = "production";
    private const double SmallShare = 0.1;
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    private int pushes;

    public async Task TellAsync(CancellationToken cancel)
    {
        await repository.CreateAsync(cancel);
        var first = await ShipAsync("A first version goes live", "Look prices up", SampleBehaviour.Usual, cancel);
        narrator.Expect(first.State == "live", $"live at {url}, all at once: there was nothing to compare it with{Why(first)}");
        // Nothing of what follows would show anything.
        if (narrator.Surprises.Count > 0)
            return;

        await using var crowd = new Crowd(url);
        Narrator.Say($"From here on it gets {Crowd.PerSecond} requests a second.");
        await narrator.DuringAsync("the live version is watched for a while", () => Task.Delay(Watched, cancel));
        await BadAsync(
            "A version that fails 5 % more of its requests", "Keep prices in two catalogues",
            SampleBehaviour.Usual with { Errors = SampleBehaviour.Usual.Errors + 0.05 }, "with an error", crowd, cancel);
        await BadAsync(
            "A version that is 40 % slower at the 95th percentile, and not at the median", "Ask the tax office where a price is unusual",
            SampleBehaviour.Usual with { Tail = 1.4 }, "slower than", crowd, cancel);
        await GoodAsync(crowd, cancel);
        await crowd.LeaveAsync();
        Narrator.Title("Meanwhile");
        narrator.Expect(crowd is { Lost: 0, All: > 0 }, $"{crowd.All} requests, {crowd.Lost} without an answer");
    }

    private async Task BadAsync(
        string title, string message, SampleBehaviour behaviour, string evidence, Crowd crowd, CancellationToken cancel)
    {
        var before = crowd.All;
        var ended = await ShipAsync(title, message, behaviour, cancel);
        narrator.Expect(
            ended.State == "rolled-back" && ended.Reason.Contains(evidence, StringComparison.Ordinal), $"{ended.State}: {ended.Reason}");
        narrator.Expect(
            ended.Evidence is { } shown && shown.Worse >= shown.Needed,
            $"the evidence was {Number(ended.Evidence?.Worse)}, and {Number(ended.Evidence?.Needed)} is enough (1/alpha): of as many versions that are "
                + "no worse, one at most is taken back, however often one looks");
        var (its, all) = (crowd.Of(ReleaseOf(ended)), crowd.All - before);
        narrator.Expect(
            its > 0 && its <= SmallShare * all,
            string.Create(CultureInfo.InvariantCulture, $"{its} of {all} requests went to it meanwhile ({100.0 * its / Math.Max(1, all):0.0} %)"));
    }

    private async Task GoodAsync(Crowd crowd, CancellationToken cancel)
    {
        var ended = await ShipAsync("A version that is as good as ever", "Remember prices for a minute", SampleBehaviour.Usual, cancel);
        narrator.Expect(ended.State == "live", $"it went through all steps{Why(ended)}");
        var its = crowd.Of(ReleaseOf(ended));
        narrator.Expect(its > 0, $"{its} requests went to it until it was live");
    }

    private async Task<DeploymentView> ShipAsync(string title, string message, SampleBehaviour behaviour, CancellationToken cancel)
    {
        pushes++;
        Narrator.Title($"{pushes}. {title}");
        Narrator.Say($"git push: \"{message}\"");
        await repository.PushAsync(message, behaviour, cancel);
        var picture = new RolloutPicture($"run {pushes}  {message}");
        // The first one has nothing to be compared with.
        if (pushes == 1)
        {
            DeploymentView? first = null;
            await narrator.DuringAsync($"run {pushes}", async () => first = await FollowAsync(picture, () => { }, cancel));
            return first!;
        }

        return Narrator.IsLive ? await DrawAsync(picture, cancel) : await FollowAsync(picture, Lines(picture), cancel);
    }

    private async Task<DeploymentView> DrawAsync(RolloutPicture picture, CancellationToken cancel)
    {
        DeploymentView? ended = null;
        await Terminal.Out.Live(picture.Draw(Width)).StartAsync(async context =>
            ended = await FollowAsync(picture, () => context.UpdateTarget(picture.Draw(Width)), cancel));
        return ended!;
    }

    private static int Width => Terminal.Out.Profile.Width;

    /// <summary>A line for what is new, and not for every measurement.</summary>
    private static Action Lines(RolloutPicture picture)
    {
        var (last, said) = ("", 0L);
        return () =>
        {
            var line = picture.Line();
            // A measurement changes the numbers only; a step or an end changes the beginning.
            var isNews = line.Split(',', ';', ':')[0] != last.Split(',', ';', ':')[0];
            if (!isNews && TimeProvider.System.GetElapsedTime(said) < LineEvery)
                return;
            (last, said) = (line, TimeProvider.System.GetTimestamp());
            Narrator.Say(line);
        };
    }

    /// <summary>Until the deployment of the newest push is over.</summary>
    private Task<DeploymentView> FollowAsync(RolloutPicture picture, Action show, CancellationToken cancel) =>
        Changes.UntilAsync(connection, CanaryRepository.Project, Within, $"run {pushes}", async client =>
        {
            var run = await client.GetAsync<RunView>(Path("runs", pushes), cancel);
            if (run.State is not ("queued" or "running" or "succeeded"))
                throw ExitException.Refused($"run {pushes} {run.State}: {run.Reason}");
            var environments = await client.GetAsync<List<EnvironmentView>>(Path("environments"), cancel);
            if (environments.FirstOrDefault(each => each.Name == Environment)?.Deployment is not { } deployment || deployment.Run != pushes)
                return null;
            if (picture.Add(deployment))
                show();
            return Waits.IsOver(deployment) ? deployment : null;
        }, cancel);

    private static string Why(DeploymentView ended) => ended.State == "live" ? "" : $" ({ended.State}: {ended.Reason})";

    private static string Number(double? value) => value is { } known ? known.ToString("0", CultureInfo.InvariantCulture) : "nothing";

    /// <summary>What the router and the service call the version of a deployment.</summary>
    private static string ReleaseOf(DeploymentView deployment) => string.Create(CultureInfo.InvariantCulture, $"d{deployment.Number}");

    private static string Path(params object[] parts) => ServerClient.Path(["projects", CanaryRepository.Project, .. parts]);
}
