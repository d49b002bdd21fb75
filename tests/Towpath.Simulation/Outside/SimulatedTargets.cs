using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Outside;

/// <summary>What really runs where, whatever the server believes.</summary>
internal sealed class SimulatedTargets(Marks marks)
{
    private readonly Dictionary<string, string> traffic = new(StringComparer.Ordinal);
    private readonly HashSet<string> mixed = new(StringComparer.Ordinal);

    /// <summary>The release that gets all the requests; null: none does. "mixed" while two do.</summary>
    public string? TrafficOf(string project, string environment)
    {
        var place = $"{project}/{environment}";
        return mixed.Contains(place) ? "mixed" : traffic.GetValueOrDefault(place);
    }

    /// <summary>A command had all of its effect.</summary>
    public void Done(AgentCommand command)
    {
        switch (command)
        {
            case ShiftTraffic shift:
                Go(shift.Plan, shift.Plan.Release);
                break;
            case DeployTarget deploy:
                Go(deploy.Plan, deploy.Plan.Release);
                break;
            case WithdrawRelease withdraw:
                var place = Place(withdraw.Plan);
                if (mixed.Contains(place))
                    marks.Reach(Mark.HalfMovedTrafficTakenBack);
                if (withdraw.BackTo is not null || mixed.Contains(place) || traffic.GetValueOrDefault(place) == withdraw.Plan.Release)
                    Go(withdraw.Plan, withdraw.BackTo);
                break;
            case UndoTarget undo:
                Go(undo.Plan, undo.Previous?.Release);
                break;
        }
    }

    /// <summary>A command stopped in the middle: some requests go here, some there.</summary>
    public void HalfDone(AgentCommand command)
    {
        if (command is ShiftTraffic { Plan: var plan })
            mixed.Add(Place(plan));
        if (command is DeployTarget deploy)
            Go(deploy.Plan, deploy.Plan.Release);
    }

    public static string Place(ReleasePlan plan) => $"{plan.Project}/{plan.Environment}";

    /// <summary>Its fate must be known before anybody starts it again.</summary>
    public static bool IsOnce(AgentCommand command) => command is DeployTarget deploy && IsOnce(deploy.Plan);

    public static bool IsOnce(ReleasePlan plan) => plan.Definition.Target is CommandTarget { Repeatable: false };

    private void Go(ReleasePlan plan, string? release)
    {
        var place = Place(plan);
        mixed.Remove(place);
        if (release is null)
            traffic.Remove(place);
        else
            traffic[place] = release;
    }
}
