namespace Towpath.Core.Pipelines.Init;

/// <summary>The ports that a proposed file lets its two environments listen on, neighbours so that they are remembered together.</summary>
internal readonly record struct InitPorts(int Production, int Staging)
{
    private const int First = 8080;

    /// <summary>Where so many pairs are taken, the first is proposed: the push says what is wrong with it.</summary>
    private const int PairsAtMost = 100;

    public static InitPorts Free(Func<int, bool> isTaken)
    {
        var ports = Enumerable.Range(0, PairsAtMost).Select(pair => First + (2 * pair));
        var free = ports.FirstOrDefault(port => !isTaken(port) && !isTaken(port + 1), First);
        return new(free, free + 1);
    }

    /// <summary>Why the ports are not the usual ones; null when they are.</summary>
    public string? Guess => Production == First
        ? null
        : $"Something listens on {First} or {First + 1} already: production gets port {Production}, staging {Staging}.";
}
