using Towpath.Protocol.Agent;

namespace Towpath.Agent.Apps;

/// <content>What people are told of instances.</content>
internal sealed partial class HostedEnvironment
{
    public IEnumerable<InstanceReport> Report()
    {
        var state = State;
        return from release in state.Releases
               from instance in InstancesOf(release.Release)
                   .OrderBy(instance => instance.Key.App, StringComparer.Ordinal).ThenBy(instance => instance.Key.Index)
               where release.Role != ReleaseRole.Stopped || instance.Standing != InstanceStanding.Ended
               select new InstanceReport
               {
                   Project = state.Project,
                   Environment = state.Environment,
                   App = instance.Key.App,
                   Index = (uint)instance.Key.Index,
                   Run = (uint)release.Plan.Run,
                   Role = release.Role switch
                   {
                       ReleaseRole.Candidate => InstanceReport.Types.Role.Candidate,
                       ReleaseRole.Live => InstanceReport.Types.Role.Live,
                       _ => InstanceReport.Types.Role.Warm,
                   },
                   Standing = instance.Standing switch
                   {
                       InstanceStanding.Starting => InstanceReport.Types.Standing.Starting,
                       InstanceStanding.Healthy => InstanceReport.Types.Standing.Healthy,
                       InstanceStanding.Ended => InstanceReport.Types.Standing.Ended,
                       _ => InstanceReport.Types.Standing.Stopping,
                   },
                   AgeMs = (long)ProcessTable.Age(instance.Tree.Leader).TotalMilliseconds,
                   Restarts = (uint)RestartsOf(instance.Key),
                   Port = (uint)(instance.Port ?? 0),
               };
    }
}
