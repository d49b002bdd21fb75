using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;

namespace Towpath.Agent.Apps;

/// <summary>
/// Everything that is deployed on this machine: carries out the stages of deployments, keeps the instances of what is live
/// running, and brings all of it back after a restart of the agent or of the machine. Only one works in a data folder.
/// </summary>
public sealed partial class AppHost : IAsyncDisposable
{
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StrayTimeout = TimeSpan.FromSeconds(5);

    private readonly AppHostOptions options;
    private readonly HostParts parts;
    private readonly ConcurrentDictionary<(string Project, string Environment), HostedEnvironment> environments = [];
    private readonly Channel<bool> wakes =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock opening = new();
    private readonly FileStream ownership;
    private ITimer? timer;
    private Task loop = Task.CompletedTask;

    /// <exception cref="IOException">Another agent works in the data folder.</exception>
    /// <exception cref="InvalidDataException">The machine's key is damaged.</exception>
    public AppHost(AppHostOptions options)
    {
        this.options = options;
        var agent = Path.Combine(options.Data, "agent");
        DurableFolder.Create(Path.Combine(agent, "apps"));
        ownership = Own(options.Data);
        parts = new HostParts(
            options,
            new RouterLink(Path.Combine(options.Data, "router", "router.sock"), options.Time),
            SealingKey.Open(Path.Combine(agent, "key")),
            new InstanceHealth(options.Time),
            () => wakes.Writer.TryWrite(true));
    }

    /// <summary>
    /// Adopts what runs, ends what nobody owns, starts what should run, and begins to watch. Returns before apps are healthy.
    /// </summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        options.Crossing("agent.adopting");
        // What a damaged state may own is left alone.
        await EndStraysAsync(await AdoptAsync(cancel), mark => environments.ContainsKey(PlaceOf(mark)));
        foreach (var environment in environments.Values)
            environment.BringUp();
        timer = options.Time.CreateTimer(_ => parts.Wake(), null, LookPause, LookPause);
        loop = Task.Run(WatchAsync, CancellationToken.None);
    }

    /// <summary>
    /// Ends every instance of a data folder that no agent works in any more, and starts nothing. What should run stays on
    /// record: the next agent brings it back.
    /// </summary>
    /// <returns>False when nothing ran.</returns>
    /// <exception cref="IOException">An agent works in the data folder.</exception>
    public static async Task<bool> EndAllAsync(string data)
    {
        await using var host = new AppHost(new AppHostOptions
        {
            Data = data,
            Fetch = (_, _, _) => throw new IOException("Nothing is fetched while everything ends."),
            Steps = new StepRunner(SandboxLevel.ProcessGroup, data),
        });
        var adopted = await host.AdoptAsync(CancellationToken.None);
        await host.EndStraysAsync(adopted, _ => true);
        await host.StopAllAsync();
        // Jobs end with their agent, unless it was killed.
        await ProcessTree.EndLeftoversAsync(data, StrayTimeout, TimeProvider.System);
        return adopted.Count > 0;
    }

    /// <summary>
    /// Carries out one stage of a deployment. Repeating a command finds what is done and goes on; it never throws for what can
    /// be expected to fail.
    /// </summary>
    /// <param name="secrets">NAME to value; only those that the environment names reach anything.</param>
    /// <exception cref="ArgumentException">The command is none of a deployment.</exception>
    public async Task<StageEnded> CarryOutAsync(
        AgentCommand command,
        IReadOnlyDictionary<string, string> secrets,
        LogWriter log,
        Action<AgentProgress> progress,
        CancellationToken cancel)
    {
        var plan = (command as StageCommand)?.Plan
            ?? throw new ArgumentException($"{command.GetType().Name} is not a stage of a deployment.", nameof(command));
        if (BadName(plan) is { } bad)
            return StageWork.Errored($"'{bad}' cannot be a name on this machine: letters, digits, dots, dashes and underscores only.");
        try
        {
            var environment = Open(plan.Project, plan.Environment);
            await environment.Stage.WaitAsync(cancel);
            try
            {
                var work = new StageWork(parts, environment, command.Id, plan, secrets, log, progress, cancel);
                return work.Masked(await CarryOutAsync(command, work));
            }
            finally
            {
                environment.Stage.Release();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return StageWork.Errored("It was called off.");
        }
        catch (Exception broken) when (
            broken is IOException or InvalidDataException or UnauthorizedAccessException or RouterUnreachableException)
        {
            return StageWork.Errored(broken.Message);
        }
    }

    /// <summary>
    /// Goes back to the version that was live before, with nothing but this machine: the old version's health is asked before
    /// traffic moves to it. Doing it again goes further back.
    /// </summary>
    /// <param name="say">Gets a line for everything that happens.</param>
    public async Task<StageEnded> RollBackLocallyAsync(string project, string environment, Action<string> say, CancellationToken cancel)
    {
        if (!environments.TryGetValue((project, environment), out var hosted))
            return StageWork.Failed($"Nothing of {project} was deployed to '{environment}' on this machine.");
        try
        {
            return await hosted.GoBackAsync(() => LocalRollbackStage.RunAsync(hosted, options.Time, say, cancel), cancel);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException or RouterUnreachableException)
        {
            return StageWork.Errored(broken.Message);
        }
    }

    /// <summary>
    /// Ends every instance with all that it started. What should run stays on record: <see cref="StartAsync"/> brings it back.
    /// </summary>
    public async Task StopAllAsync()
    {
        await EndWatchAsync();
        await Task.WhenAll(environments.Values.Select(environment => environment.StopEverythingAsync()));
    }

    /// <summary>What is on this machine, by project and environment.</summary>
    public ValueList<HostedEnvironmentStatus> Describe() => environments.Values
        .Select(environment => environment.Describe())
        .OrderBy(status => status.Project, StringComparer.Ordinal).ThenBy(status => status.Environment, StringComparer.Ordinal)
        .ToValueList();

    /// <summary>The agent ends; apps and router go on.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndWatchAsync();
        foreach (var environment in environments.Values)
            environment.Dispose();
        parts.Router.Dispose();
        await ownership.DisposeAsync();
    }

    internal static FileStream Own(string data)
    {
        var path = Path.Combine(data, "agent", "apps", ".owner");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held)
        {
            throw new IOException($"Another agent works in {data}: there can be only one. `towpath down` ends it.", held);
        }
    }

    private static async Task<StageEnded> CarryOutAsync(AgentCommand command, StageWork work) => command switch
    {
        StartRelease => await StartStage.RunAsync(work),
        CheckRelease check => await CheckStage.RunAsync(work, check.Verify),
        SurveyTraffic survey => await work.Environment.MeasuringAsync(
            cut => CanaryStages.SurveyAsync(work with { Cancel = cut }, survey), work.Cancel),
        MeasureTraffic measure => await work.Environment.MeasuringAsync(
            cut => CanaryStages.MeasureAsync(work with { Cancel = cut }, measure), work.Cancel),
        ShiftTraffic shift => await ShiftStage.RunAsync(work, shift.Undone),
        WithdrawRelease withdraw => await WithdrawStage.RunAsync(work, withdraw.BackTo),
        DeployTarget => await TargetStages.DeployAsync(work),
        VerifyTarget => await TargetStages.VerifyAsync(work),
        UndoTarget undo => await TargetStages.UndoAsync(work, undo.Previous),
        RunContract contract => await ContractStage.RunAsync(work, contract.Past),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Names become folders and files here.</summary>
    private static string? BadName(ReleasePlan plan) => plan.Apps
        .Select(app => app.Name)
        .Concat([plan.Project, plan.Environment, plan.Release])
        .FirstOrDefault(name => !FolderName().IsMatch(name));

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex FolderName();

    private HostedEnvironment Open(string project, string environment)
    {
        lock (opening)
        {
            if (!environments.TryGetValue((project, environment), out var hosted))
            {
                hosted = HostedEnvironment.Open(parts, project, environment);
                environments[(project, environment)] = hosted;
            }

            return hosted;
        }
    }

    /// <returns>The marks of the instances that run.</returns>
    private async Task<HashSet<string>> AdoptAsync(CancellationToken cancel)
    {
        var adopted = new HashSet<string>(StringComparer.Ordinal);
        var folders = Directory.EnumerateDirectories(parts.Apps).SelectMany(Directory.EnumerateDirectories);
        foreach (var folder in folders.Order(StringComparer.Ordinal))
        {
            cancel.ThrowIfCancellationRequested();
            if (!File.Exists(Path.Combine(folder, "state.json")))
                continue;
            try
            {
                adopted.UnionWith(await Open(Path.GetFileName(Path.GetDirectoryName(folder)!), Path.GetFileName(folder)).AdoptAsync());
            }
            catch (InvalidDataException damaged)
            {
                // Its processes are left alone: what they are is not known, and they may be serving.
                new EventsFile(Path.Combine(folder, "events.log"), options.Time).Note(damaged.Message);
            }
        }

        return adopted;
    }

    /// <summary>
    /// Processes of this folder's instances that no environment owns: the agent was killed between starting and recording them.
    /// </summary>
    private async Task EndStraysAsync(HashSet<string> adopted, Func<string, bool> which)
    {
        var strays = ProcessTable.All()
            .Where(entry => !entry.IsZombie)
            .Select(entry => (entry.Identity, Mark: ProcessTable.Variable(entry.Id, InstanceTree.MarkVariable)))
            .Where(entry => entry.Mark is { } mark && parts.IsOwnMark(mark) && !adopted.Contains(mark) && which(mark))
            .DistinctBy(entry => entry.Mark)
            .ToList();
        await Task.WhenAll(strays.Select(stray => new InstanceTree(stray.Identity, stray.Mark!).EndAsync(StrayTimeout, options.Time)));
    }

    private static (string Project, string Environment) PlaceOf(string mark) =>
        mark.Split('/', 3) is [var project, var environment, _] ? (project, environment) : ("", "");

    private async Task WatchAsync()
    {
        while (await wakes.Reader.WaitToReadAsync())
        {
            while (wakes.Reader.TryRead(out var _))
            {
                // Several reasons to look are one look.
            }

            foreach (var environment in environments.Values)
            {
                try
                {
                    await environment.LookAsync();
                    if (RollbackRequest.TakeIn(environment.Folder))
                        _ = Task.Run(() => RollbackRequest.AnswerAsync(this, environment));
                }
                catch (Exception broken) when (broken is not OutOfMemoryException)
                {
                    // Whatever one environment's disk says, the others are watched on.
                    environment.Events.Note($"The supervision failed and goes on: {broken.Message}");
                }
            }
        }
    }

    private async Task EndWatchAsync()
    {
        if (timer is not null)
            await timer.DisposeAsync();
        wakes.Writer.TryComplete();
        await loop;
        await Task.WhenAll(environments.Values.Select(environment => environment.CloseAsync()));
    }
}
