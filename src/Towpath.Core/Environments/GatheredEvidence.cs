using Towpath.Core.Environments.Analysis;

namespace Towpath.Core.Environments;

/// <summary>
/// Evidence that is computed when somebody asks for it: a replay goes over canaries that ended long ago, and need not judge them
/// once more. It is the same whenever it is computed, so it does not matter who computes it, nor that two may do so at once.
/// </summary>
internal sealed class GatheredEvidence
{
    private readonly TrafficBin? bin;
    private volatile GatheredEvidence? before;
    private volatile Evidence? value;

    public GatheredEvidence(Evidence value) => this.value = value;

    private GatheredEvidence(GatheredEvidence before, TrafficBin bin) => (this.before, this.bin) = (before, bin);

    public Evidence Value => value ?? Compute();

    public GatheredEvidence With(TrafficBin measured) => new(this, measured);

    /// <summary>Without recursion: thousands of measurements may have been replayed since the last that is known.</summary>
    private Evidence Compute()
    {
        var open = new Stack<GatheredEvidence>();
        var at = this;
        Evidence? known;
        while ((known = at.value) is null)
        {
            // Null: somebody else has just computed it, and it no longer needs what was before.
            if (at.before is not { } earlier)
                continue;
            open.Push(at);
            at = earlier;
        }

        foreach (var next in open)
        {
            known = known.Add(next.bin!);
            next.value = known;
            next.before = null;
        }

        return known;
    }
}
