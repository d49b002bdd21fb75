using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Checkers;

/// <content>Steps of a canary.</content>
internal sealed partial class EnvironmentPage
{
    private void EnterCanary(EnvironmentEvent entered, HashSet<string> wanted)
    {
        switch (entered)
        {
            case TrafficMeasured measured:
                Measure(Deployments[measured.Deployment], measured, wanted);
                break;
            case ShareRaised raised:
                var next = Deployments[raised.Deployment];
                (next.Step, next.MeasuredInStep, next.IsPaused, next.IsAdvanced, next.Deadline) = (raised.Step, 0, false, false, raised.Deadline);
                Want(next, next.Bin + 1, wanted);
                break;
            case RolloutPaused paused:
                (Deployments[paused.Deployment].IsPaused, Deployments[paused.Deployment].Deadline) = (true, paused.Deadline);
                break;
            case RolloutAdvanced advanced:
                Deployments[advanced.Deployment].IsAdvanced = true;
                break;
        }
    }

    private void Want(DeploymentLine line, int bin, HashSet<string> wanted)
    {
        Rest(line, wanted);
        (line.Bin, line.CommandId) = (bin, $"{Stream}/deployments/{line.Number}/canary-{bin}");
        wanted.Add(line.CommandId);
    }

    private void Measure(DeploymentLine line, TrafficMeasured measured, HashSet<string> wanted)
    {
        Want(line, measured.Bin + 1, wanted);
        var rollout = line.Definition(Name)!.Rollout!;
        if (measured.Traffic is { } traffic && (traffic.Baseline.Requests > 0 || rollout.Judge == JudgeKind.None))
            line.MeasuredInStep += Math.Max(1, (int)Math.Round((traffic.Seconds ?? 0) / rollout.Bin.TotalSeconds));
    }
}
