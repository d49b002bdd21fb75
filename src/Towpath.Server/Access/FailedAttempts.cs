using System.Net;

namespace Towpath.Server.Access;

/// <summary>
/// Counts wrong credentials by address. The token cannot be guessed; the limit keeps a flood of attempts from costing
/// anything. On the machine itself everybody has the same address, so there right credentials are never turned away.
/// </summary>
public sealed class FailedAttempts(TimeProvider time)
{
    /// <summary>Wrong credentials that an address may show in a <see cref="Window"/>.</summary>
    public const int Most = 20;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Addresses remembered; beyond them everything is forgotten, which only helps the flood for a moment.</summary>
    private const int Addresses = 10_000;

    private readonly Lock gate = new();
    private readonly Dictionary<IPAddress, (DateTimeOffset Since, int Count)> failures = [];

    /// <summary>One more wrong one.</summary>
    public void Add(IPAddress address)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (failures.Count >= Addresses)
                failures.Clear();
            var known = failures.GetValueOrDefault(address, (now, 0));
            failures[address] = now - known.Item1 >= Window ? (now, 1) : (known.Item1, known.Item2 + 1);
        }
    }

    /// <summary>How long the address has to wait; null: it need not.</summary>
    public TimeSpan? Wait(IPAddress address)
    {
        lock (gate)
        {
            if (!failures.TryGetValue(address, out var known) || known.Count < Most)
                return null;
            var left = known.Since + Window - time.GetUtcNow();
            return left > TimeSpan.Zero ? left : null;
        }
    }
}
