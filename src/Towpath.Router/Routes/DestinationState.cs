namespace Towpath.Router.Routes;

/// <summary>
/// What is counted about one instance. It outlives the models that mention it, so that requests that began under an
/// earlier model are still counted when that instance is drained.
/// </summary>
internal sealed class DestinationState(string id)
{
    private long _inFlight;
    private long _requests;
    private long _failures;
    private TaskCompletionSource? _idle;

    public string Id { get; } = id;

    public long InFlight => Interlocked.Read(ref _inFlight);

    public long Requests => Interlocked.Read(ref _requests);

    public long Failures => Interlocked.Read(ref _failures);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0)
            Interlocked.Exchange(ref _idle, null)?.TrySetResult();
    }

    public void CountRequest() => Interlocked.Increment(ref _requests);

    public void CountFailure() => Interlocked.Increment(ref _failures);

    /// <summary>Ends when nothing is in flight. Meant for a destination that gets no new requests.</summary>
    public async Task WhenIdle(CancellationToken cancellation)
    {
        while (true)
        {
            // The waiter is set before the count is read, and the count is lowered before the waiter is looked for:
            // whichever comes first, one of the two sees the other.
            var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var waiter = Interlocked.CompareExchange(ref _idle, created, null) ?? created;
            if (InFlight == 0)
                return;

            await waiter.Task.WaitAsync(cancellation);
        }
    }
}
