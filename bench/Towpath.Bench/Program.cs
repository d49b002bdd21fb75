using System.CommandLine;
using Towpath.Bench.Bounds;
using Towpath.Bench.Delivery;
using Towpath.Bench.Verbs;

var root = new RootCommand("Measures Towpath beside the least that could do the same work, on the same machine in the same run.")
{
    PushVerb.Create(),
    JobsVerb.Create(),
    ServerVerb.Create(),
    RouterVerb.Create(),
    WeightsVerb.Create(),
    GrowthVerb.Create(),
    FollowersVerb.Create(),
    PagesVerb.Create(),
    CanaryVerb.Create(),
    VectorsVerb.Create(),
    RolloutsVerb.Create(),
    RollbacksVerb.Create(),
    BareGitServer.CreateVerb(),
    BareServer.CreateVerb(),
    BareProxy.CreateVerb(),
    Upstream.CreateVerb(),
    DeployedApp.CreateVerb(),
};
// Ctrl-C: ending what was started and taking the disk away takes a moment.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
