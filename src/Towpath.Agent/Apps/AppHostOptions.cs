using Towpath.Agent.Jobs;
using Towpath.Core.Packages;
using Towpath.Protocol.Failpoints;

namespace Towpath.Agent.Apps;

/// <summary>Writes the stored bytes with that digest to the stream. Whoever asks verifies them again.</summary>
/// <exception cref="IOException">They cannot be had now.</exception>
public delegate Task FetchBlob(Digest digest, Stream to, CancellationToken cancel);

/// <summary>What an <see cref="AppHost"/> works with.</summary>
public sealed record AppHostOptions
{
    /// <summary>Towpath's data folder: <c>agent/</c> and <c>router/router.sock</c> lie in it.</summary>
    public required string Data { get; init; }

    public required FetchBlob Fetch { get; init; }

    public required StepRunner Steps { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>A port that is free on 127.0.0.1 and not among those that were given out already.</summary>
    public Func<IReadOnlySet<int>, int> NextPort { get; init; } = FreePorts.Next;

    /// <summary>Called at every failpoint: tests of one agent in their own process let it die there.</summary>
    internal Action<string> Crossing { get; init; } = Failpoint.Cross;
}
