using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Core.Runs;

namespace Towpath.Simulation.Checkers;

/// <summary>One run as the record tells it.</summary>
internal sealed class RunPage(StreamId stream) : Page(stream)
{
    /// <summary>What an attempt may take beyond its own limit: the promise, not the code's constant.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan QueuedAtMost = TimeSpan.FromHours(2);
    private static readonly TimeSpan PackagingAtMost = TimeSpan.FromMinutes(30);

    public RunCreated? Created { get; private set; }

    public RunEnded? Ended { get; private set; }

    public Core.Packages.Package? Package { get; private set; }

    public HashSet<string> HandedOver { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, AttemptLine> Jobs { get; } = new(StringComparer.Ordinal);

    public bool IsOver => Ended is not null;

    private DateTimeOffset PackagingSince { get; set; }

    /// <summary>Where the run's package has to be offered.</summary>
    public IEnumerable<string> Owed => Ended is { Status: RunStatus.Succeeded } && Package is not null && Created!.Request.Deploys
        ? Created.Request.Pipeline.Environments.Where(environment => environment.After.Count == 0).Select(environment => environment.Name).Except(HandedOver)
        : [];

    public override DateTimeOffset EarliestDeadline()
    {
        var earliest = DateTimeOffset.MaxValue;
        if (IsOver)
            return earliest;
        foreach (var (job, attempt) in Jobs)
        {
            if (attempt.Status is not (StepStatus.Queued or StepStatus.Running))
                continue;
            var deadline = attempt.StartedAt is { } started ? started + Definition(job).Timeout + Grace : attempt.QueuedAt + QueuedAtMost;
            earliest = deadline < earliest ? deadline : earliest;
        }

        var packaging = IsPackaging ? PackagingSince + PackagingAtMost : DateTimeOffset.MaxValue;
        return packaging < earliest ? packaging : earliest;
    }

    public void Enter(RunEvent entered, DateTimeOffset at, HashSet<string> wanted)
    {
        switch (entered)
        {
            case RunCreated created:
                Created ??= created;
                Package ??= created.Request.Uploaded;
                PackagingSince = at;
                break;
            case AttemptQueued queued:
                Jobs[queued.Job] = new AttemptLine(queued.Attempt, StepStatus.Queued, at, null);
                wanted.Add(IdOf(queued.Job, queued.Attempt));
                break;
            case AttemptStarted started:
                Jobs[started.Job] = Jobs[started.Job] with { Status = StepStatus.Running, StartedAt = at };
                break;
            case AttemptEnded ended:
                Jobs[ended.Job] = Jobs[ended.Job] with { Status = ended.Status };
                PackagingSince = at;
                wanted.Remove(IdOf(ended.Job, ended.Attempt));
                break;
            case PackageStored stored:
                Package = stored.Package;
                break;
            case RunEnded ended:
                Ended = ended;
                foreach (var (job, attempt) in Jobs)
                    wanted.Remove(IdOf(job, attempt.Number));
                break;
            case OfferHandedOver taken:
                HandedOver.Add(taken.Environment);
                break;
        }

        if (IsPackaging)
            wanted.Add($"{Stream}/package");
        else
            wanted.Remove($"{Stream}/package");
    }

    private bool IsPackaging => Created is { Request: { Deploys: true, Pipeline.Package: not null } request } && !IsOver && Package is null
        && request.Pipeline.Jobs.All(job => Jobs.GetValueOrDefault(job.Name) is { Status: StepStatus.Succeeded });

    private string IdOf(string job, int attempt) => $"{Stream}/jobs/{job}/attempts/{attempt}";

    private JobDefinition Definition(string job) => Created!.Request.Pipeline.Jobs.First(one => one.Name == job);
}

/// <summary>The newest attempt of a job.</summary>
internal sealed record AttemptLine(int Number, StepStatus Status, DateTimeOffset QueuedAt, DateTimeOffset? StartedAt);
