using System.Reflection;
using Towpath.Agent.Apps;
using Towpath.Agent.Jobs;
using Towpath.Agent.Link;
using Towpath.Agent.Logs;
using Towpath.Core.Agents;
using Towpath.Protocol;
using Towpath.Protocol.Failpoints;

namespace Towpath.Agent;

/// <summary>The agent: connects out to the server, runs its jobs, hosts its apps.</summary>
public static class AgentHost
{
    private static readonly TimeSpan LeftoverGrace = TimeSpan.FromSeconds(1);
    // What is not answered by then is answered at the next start.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Runs until it is told to stop: then jobs are ended as a whole, and apps stay.</summary>
    /// <exception cref="InvalidOperationException">Another agent works in this data folder, or the machine cannot do the sandbox that is asked for.</exception>
    public static async Task RunAsync(AgentSettings settings, CancellationToken stop)
    {
        var time = TimeProvider.System;
        var say = settings.Say ?? Console.WriteLine;
        var data = RealPath.Of(settings.Data);
        var folder = OwnerOnly.CreateFolder(Path.Combine(data, "agent"));
        using var only = TakeAlone(folder);
        if (!await ProcessTree.EndLeftoversAsync(data, LeftoverGrace, time))
            say("some processes of an earlier agent could not be ended");
        Failpoint.Cross("agent.cleared");
        var level = await LevelAsync(settings, data);
        var steps = new StepRunner(level, data);
        var spools = new SpoolFolder(Path.Combine(folder, "spool"), time);
        var answers = new AnswerFolder(Path.Combine(folder, "answers"));
        var outbox = new Outbox(spools, answers, time);
        using var channel = UnixChannel.Open(settings.Socket);
        var identity = new LinkIdentity(settings.Name, Version, settings.JobsAtOnce, SandboxName.Of(level), settings.Token);
        var archives = new ServerArchives(channel, identity);
        await using var workspaces = new WorkspaceFolder(folder);
        await using var apps = new AppHost(new() { Data = settings.Data, Fetch = archives.CopyAsync, Steps = steps });
        await apps.StartAsync(stop);
        Failpoint.Cross("agent.adopted");
        var jobs = new JobRunner(steps, archives, settings.Name);
        using var commands = new CommandTable(
            spools,
            answers,
            outbox,
            async (command, secrets, log, progress, cancel) => command switch
            {
                RunJob job => await RunJobAsync(jobs, workspaces, job, secrets, log, progress, cancel),
                AskWebhook question => await WebhookClient.AskAsync(question, secrets, cancel),
                _ => await apps.CarryOutAsync(command, secrets, log, progress, cancel),
            },
            settings.Name,
            settings.JobsAtOnce,
            say,
            time);
        say($"agent '{settings.Name}' {Version}: {settings.JobsAtOnce} jobs at once, sandbox: {identity.Sandbox}");
        using var unlink = new CancellationTokenSource();
        var link = new ServerLink(channel, identity, outbox, commands, say, time).RunAsync(unlink.Token);
        var health = HealthTelling.RunAsync(apps.ReadHealthAsync, outbox.Tell, say, time, unlink.Token);
        await UntilAsync(stop);
        await commands.StopAsync();
        await outbox.IsAnsweredAsync(LastWords, time);
        await unlink.CancelAsync();
        await link;
        await health;
    }

    private static async Task<SandboxLevel> LevelAsync(AgentSettings settings, string data)
    {
        if (settings.Sandbox == SandboxLevel.ProcessGroup)
            return SandboxLevel.ProcessGroup;
        var best = await Bubblewrap.ProbeAsync(data);
        return settings.Sandbox is not { } wanted || wanted == best ? best : throw new InvalidOperationException(
            "Bubblewrap does not work on this machine: install it and allow it to make namespaces, or take the best that there is (no --sandbox).");
    }

    private static async Task UntilAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    }

    private static string Version { get; } =
        typeof(AgentHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static async Task<JobEnded> RunJobAsync(
        JobRunner jobs,
        WorkspaceFolder workspaces,
        RunJob job,
        IReadOnlyDictionary<string, string> secrets,
        LogWriter log,
        Action<AgentProgress> progress,
        CancellationToken cancel)
    {
        try
        {
            return await jobs.RunAsync(job, token => workspaces.CreateAsync(job, token), secrets, log, progress, cancel);
        }
        finally
        {
            workspaces.Discard(job);
        }
    }

    // Two agents in one folder would take each other's jobs for leftovers.
    private static FileStream TakeAlone(string folder)
    {
        try
        {
            return new(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException problem)
        {
            throw new InvalidOperationException(
                $"Another agent works in '{folder}': stop it first, or choose another data folder.", problem);
        }
    }
}
