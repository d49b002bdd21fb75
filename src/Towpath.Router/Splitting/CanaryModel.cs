using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;
using Towpath.Router.Routes;

namespace Towpath.Router.Splitting;

/// <summary>The candidate of a route, and which requests are its own. Whether it may have any now is the lease's to say.</summary>
/// <param name="Share">Of <see cref="Splitting.Split.Whole"/>; 0 to that.</param>
internal sealed record CanaryModel(ArmModel Arm, int Share, Split Split, TesterMark? Testers)
{
    /// <param name="before">What is replaced: while candidate and share stay the same, a block that was begun goes on.</param>
    public static CanaryModel Of(Canary asked, ArmModel arm, CanaryModel? before)
    {
        var share = (int)asked.Share;
        Split split = asked.Sticky
            ? new ClientSplit(share, asked.Release)
            : before is { Split: BlockSplit blocks } && before.Share == share && before.Arm.State == arm.State
                ? blocks
                : new BlockSplit(share, Random.Shared);
        return new CanaryModel(arm, share, split, TesterMark.Of(asked.Testers));
    }

    public Assignment Assign(HttpContext context, ArmModel baseline)
    {
        if (Testers is not null && Testers.IsOn(context.Request))
            return new Assignment(Arm, ToCandidate: true, OfTester: true);

        return Share > 0 && Split.IsCandidates(context)
            ? new Assignment(Arm, ToCandidate: true)
            : new Assignment(baseline);
    }
}
