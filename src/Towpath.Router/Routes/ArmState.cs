using System.Security.Cryptography;
using Towpath.Router.Measuring;

namespace Towpath.Router.Routes;

/// <summary>One version of a route, baseline or candidate, for as long as it is that: whose turn it is and what was counted.</summary>
internal sealed class ArmState(string release)
{
    private uint _turn;

    public string Release { get; } = release;

    /// <summary>Tells these counters from those of any other time and router.</summary>
    public ulong Epoch { get; } = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    public ArmMeasures Measures { get; } = new();

    /// <summary>A second try is no turn: it would move the next request on to the destination that just failed, each time.</summary>
    public uint Turn(bool first) => first ? Interlocked.Increment(ref _turn) : Volatile.Read(ref _turn);
}
