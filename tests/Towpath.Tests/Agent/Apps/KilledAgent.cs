namespace Towpath.Tests.Agent.Apps;

/// <summary>Lets an agent die before the n-th thing of a kind that it does outside of itself; from then on it does nothing at all.</summary>
internal sealed class KilledAgent(string kind, int at)
{
    private int crossings;

    public bool IsDead { get; private set; }

    public void Cross(string what)
    {
        lock (this)
        {
            IsDead |= what == kind && ++crossings == at;
            if (IsDead)
                throw new AgentDiedException(what);
        }
    }
}

#pragma warning disable CA1032 // Only thrown here.
internal sealed class AgentDiedException(string what) : Exception("before: " + what);
#pragma warning restore CA1032
