using System.Diagnostics;
using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Core.Environments;

/// <summary>How a waiting deployment stands with one gate.</summary>
/// <param name="Gate">Null for a freeze that somebody set on the server.</param>
/// <param name="Name">The gate's key in the pipeline file.</param>
/// <param name="Why">Writes <see cref="Reason"/>: how things stand is asked for every input, why it is so only by people.</param>
/// <param name="Deadline">When its action is taken; null while the environments before are not done.</param>
/// <param name="Next">When time alone may change this; null: it does not.</param>
public sealed record GateStanding(GateDefinition? Gate, string Name, bool IsPassed, Func<string> Why, DateTimeOffset? Deadline, DateTimeOffset? Next)
{
    /// <summary>Why it is passed or not, in full sentences.</summary>
    public string Reason => Why();
}

/// <summary>
/// What stands between a deployment and its start, read off the state and the time: nothing of it is recorded but what people and
/// programs said, so that what does not count any more needs no event to say so.
/// </summary>
public static class Gates
{
    /// <summary>Freezes that one environment has at most.</summary>
    public const int FreezesAtMost = 20;

    /// <summary>Every gate of a waiting deployment, in the file's order, and the freezes on the server after them.</summary>
    public static ValueList<GateStanding> Of(EnvironmentState state, Deployment deployment, DateTimeOffset now)
    {
        if (!deployment.IsGated || deployment.Definition(state.Name) is not { } definition || (definition.Gates.Count == 0 && state.Freezes.Count == 0))
            return [];
        var standings = new List<GateStanding>();
        for (var index = 0; index < definition.Gates.Count; index++)
        {
            var gate = definition.Gates[index];
            var standing = gate switch
            {
                ApprovalGate approval => Approvals.Standing(state, deployment, approval),
                _ when deployment.Override is { } reason => Overridden(gate, deployment.By, reason),
                WindowGate window => Standing(window, now),
                FreezeGate freeze => Standing(freeze, now),
                SoakGate soak => Standing(state, deployment, soak, now),
                WebhookGate webhook => Webhooks.Standing(state, deployment, index, webhook, now),
                _ => throw new UnreachableException(),
            };
            standings.Add(standing with { Deadline = deployment.WaitingSince + gate.Within });
        }

        standings.AddRange(state.Freezes.Where(freeze => freeze.Includes(now)).Select(freeze => deployment.Override is { } reason
            ? Overridden(null, deployment.By, reason)
            : new GateStanding(
                null, "freeze", false, () => $"Frozen by {freeze.By} until {Text(freeze.Until)}: {Sentence(freeze.Reason)}",
                deployment.OfferedAt + EnvironmentMachine.WaitTimeout, freeze.Until)));
        return standings.ToValueList();
    }

    /// <summary>Those that a deployment has not passed.</summary>
    public static IEnumerable<GateStanding> Missing(EnvironmentState state, Deployment deployment, DateTimeOffset now) =>
        Of(state, deployment, now).Where(standing => !standing.IsPassed);

    /// <summary>Something waits that has to pass a gate.</summary>
    internal static bool AreAt(EnvironmentState state) =>
        state.Waiting.Any(waiting => waiting.IsGated && (state.Freezes.Count > 0 || waiting.Definition(state.Name)?.Gates.Count > 0));

    /// <summary>A deployment that waits at a gate whose time is over, and that gate; null: none does.</summary>
    internal static (Deployment Deployment, GateStanding Gate)? Overdue(EnvironmentState state, DateTimeOffset now)
    {
        foreach (var waiting in state.Waiting.Where(waiting => waiting.Status == DeploymentStatus.Waiting))
        {
            if (Missing(state, waiting, now).FirstOrDefault(gate => gate.Deadline <= now) is { } late)
                return (waiting, late);
        }

        return null;
    }

    /// <summary>When time alone may change how a waiting deployment stands; null: never.</summary>
    internal static DateTimeOffset? NextDeadline(EnvironmentState state, Deployment deployment, DateTimeOffset now)
    {
        if (deployment.Status != DeploymentStatus.Waiting)
            return null;
        DateTimeOffset? earliest = null;
        foreach (var gate in Of(state, deployment, now))
            earliest = EnvironmentMachine.Earlier(EnvironmentMachine.Earlier(earliest, gate.Next), gate.IsPassed ? null : gate.Deadline);
        return earliest;
    }

    /// <summary><c>Thu 2026-12-24 08:00 +01:00</c>.</summary>
    internal static string Text(DateTimeOffset at) => at.ToString("ddd yyyy-MM-dd HH:mm zzz", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What others say need not end like a sentence, and more may follow.</summary>
    internal static string Sentence(string text) => text is [.., '.' or '!' or '?' or '…'] ? text : text + ".";

    private static GateStanding Overridden(GateDefinition? gate, string by, string reason) =>
        new(gate, gate?.Name ?? "freeze", true, () => $"Passed over by {by}: {Sentence(reason)}", null, null);

    private static GateStanding Standing(WindowGate gate, DateTimeOffset now)
    {
        var next = gate.Windows.Select(window => window.Next(now)).Where(window => window is not null).Select(window => window!.Value)
            .OrderBy(window => window.Opens).ToList();
        if (next.Count == 0)
            return new(gate, gate.Name, false, () => $"No time can be told at which its window opens ({gate.Words}): this machine may not know the zone.", null, null);
        var (opens, closes) = next[0];
        return opens <= now
            ? new(gate, gate.Name, true, () => $"Its window is open until {Text(closes)} ({gate.Words}).", null, closes)
            : new(gate, gate.Name, false, () => $"Its window opens {Text(opens)} ({gate.Words}).", null, opens);
    }

    private static GateStanding Standing(FreezeGate gate, DateTimeOffset now)
    {
        foreach (var period in gate.Periods)
        {
            if (period.Span() is not { } span)
                return new(gate, gate.Name, false, () => $"Whether it is frozen cannot be told ({period}): this machine does not know the zone.", null, null);
            if (span.From <= now && now < span.Until)
                return new(gate, gate.Name, false, () => $"The pipeline file freezes it until {Text(span.Until)}.", null, span.Until);
        }

        var next = gate.Periods.Select(period => period.Span()?.From).Where(from => from > now).Min();
        return new(gate, gate.Name, true, () => "Nothing is frozen now.", null, next);
    }

    private static GateStanding Standing(EnvironmentState state, Deployment deployment, SoakGate gate, DateTimeOffset now)
    {
        // New settings of what is live: it has been through this.
        if (deployment.Kind == DeploymentKind.Settings)
            return new(gate, gate.Name, true, () => "It is live here already.", null, null);
        var since = deployment.Definition(state.Name)!.After.Select(name => (Name: name, At: deployment.PassedIn.Find(name)))
            .OrderByDescending(passed => passed.At == default ? DateTimeOffset.MaxValue : passed.At).FirstOrDefault();
        if (since.Name is null || since.At == default)
            return new(gate, gate.Name, since.Name is null, () => since.Name is null ? "" : $"It is not live in '{since.Name}' yet.", null, null);
        var over = since.At + gate.Time;
        return now >= over
            ? new(gate, gate.Name, true, () => $"It has been live in '{since.Name}' since {Text(since.At)}.", null, null)
            : new(gate, gate.Name, false, () => $"It has to be live in '{since.Name}' for {Durations.Text(gate.Time)}: until {Text(over)}.", null, over);
    }
}
