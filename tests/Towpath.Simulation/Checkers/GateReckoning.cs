using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <summary>Which gates a deployment has not passed, reckoned from the books alone.</summary>
internal static class GateReckoning
{
    /// <summary>Stands for a freeze that somebody set on the server.</summary>
    private static readonly FreezeGate ByHand = new(ValueList<FreezePeriod>.Empty, TimeSpan.Zero);

    public static IEnumerable<GateDefinition> Missing(Books books, EnvironmentPage page, DeploymentLine line, DateTimeOffset at)
    {
        if (!line.IsGated)
            yield break;
        var gates = line.Definition(page.Name)?.Gates ?? [];
        for (var index = 0; index < gates.Count; index++)
        {
            var isPassed = gates[index] switch
            {
                ApprovalGate approval => IsApproved(page, line, approval),
                _ when line.Override is not null => true,
                WindowGate window => window.Windows.Any(one => IsIn(one, at)),
                FreezeGate freeze => !freeze.Periods.Any(one => IsIn(one, at)),
                SoakGate soak => HasSoaked(books, page, line, soak, at),
                WebhookGate webhook => HasPassed(page, line, index, webhook, at),
                _ => throw new InvalidOperationException("a gate that nobody reckons with"),
            };
            if (!isPassed)
                yield return gates[index];
        }

        if (line.Override is null && page.Freezes.Any(freeze => freeze.From <= at && at < freeze.Until))
            yield return ByHand;
    }

    /// <summary>What is live, or will be when the deployment under way has arrived.</summary>
    public static int Replaces(EnvironmentPage page) => page.UnderWay switch
    {
        { NeedsDecision: false, IsBeingTakenBack: false, Kind: not DeploymentKind.Stop } coming => coming.Number,
        { NeedsDecision: false, Kind: DeploymentKind.Stop, Conclusion: null } => 0,
        _ => page.Live?.Number ?? 0,
    };

    private static int Settings(EnvironmentPage page, DeploymentLine line) => line.Settings?.Revision ?? page.SettingsRevision;

    private static bool IsApproved(EnvironmentPage page, DeploymentLine line, ApprovalGate gate)
    {
        var people = new HashSet<string>(StringComparer.Ordinal);
        foreach (var approval in line.Approvals)
        {
            if (approval.Replaces == Replaces(page) && approval.Settings == Settings(page, line) && (gate.By.Count == 0 || gate.By.Contains(approval.By)))
                people.Add(approval.By);
        }

        return people.Count >= gate.People;
    }

    private static bool IsIn(Window window, DateTimeOffset at)
    {
        var local = Local(at, window.Zone);
        var (now, day) = (local.TimeOfDay, local.DayOfWeek);
        if (window.Until > window.From)
            return window.Days.Contains(day) && window.From <= now && now < window.Until;
        return (window.Days.Contains(day) && window.From <= now) || (window.Days.Contains(local.AddDays(-1).DayOfWeek) && now < window.Until);
    }

    private static bool IsIn(FreezePeriod period, DateTimeOffset at) => Local(at, period.Zone) is var local && period.From <= local && local < period.Until;

    private static DateTime Local(DateTimeOffset at, string zone) => at.UtcDateTime.AddHours(SampleGates.Zones[zone]);

    private static bool HasSoaked(Books books, EnvironmentPage page, DeploymentLine line, SoakGate gate, DateTimeOffset at) =>
        line.Kind == DeploymentKind.Settings || line.Definition(page.Name)!.After.All(name =>
            books.Environment(page.Project, name)?.Passed.TryGetValue(line.Candidate.Run, out var since) == true && at >= since + gate.Time);

    private static bool HasPassed(EnvironmentPage page, DeploymentLine line, int gate, WebhookGate webhook, DateTimeOffset at) =>
        (line.Questions.TryGetValue(gate, out var question) && question.Answer == Outcome.Succeeded
            && question.Asked.Replaces == Replaces(page) && question.Asked.Settings == Settings(page, line))
        || (webhook.PassesWhenOverdue && at >= line.WaitingSince + webhook.Within);
}
