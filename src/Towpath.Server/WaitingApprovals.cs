using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Engine;
using Towpath.Engine.Views;

namespace Towpath.Server;

/// <summary>A deployment that waits for a person's yes.</summary>
public sealed record WaitingApproval(string Project, string Environment, DeploymentView Deployment);

/// <summary>What waits for an approval, over all projects. Environments are in memory, so this costs no reading of events.</summary>
public sealed class WaitingApprovals(ControlPlane plane)
{
    /// <summary>The longest wait first.</summary>
    public IReadOnlyList<WaitingApproval> All()
    {
        var now = plane.Now;
        return
        [
            .. Waiting().Select(waiting => new WaitingApproval(
                    waiting.State.Project, waiting.State.Name, DeploymentView.Of(waiting.State, waiting.Deployment, now)))
                .OrderBy(waiting => waiting.Deployment.OfferedAt),
        ];
    }

    public int Count() => Waiting().Count();

    private IEnumerable<(EnvironmentState State, Deployment Deployment)> Waiting() =>
        from stream in plane.Journal.ActiveStreams().Select(StreamId.Parse)
        let state = stream.Environment is { } name ? plane.Environment(stream.Project, name) : null
        where state is { HasWaiting: true }
        from deployment in state.Waiting
        where Approvals.Awaited(state, deployment, plane.Now) is not null
        select (state, deployment);
}
