namespace Towpath.Agent.Link;

/// <summary>Lets so many in at once, in the order they came; how many may change at any time.</summary>
internal sealed class Turns(int atOnce)
{
    private readonly Lock gate = new();
    private readonly LinkedList<TaskCompletionSource> waiting = [];
    private int taken;
    private int atOnce = atOnce;

    /// <summary>When it falls, those who are in stay, and nobody follows until there are fewer.</summary>
    public int AtOnce
    {
        get
        {
            lock (gate)
                return atOnce;
        }

        set
        {
            lock (gate)
            {
                atOnce = value;
                LetIn();
            }
        }
    }

    /// <exception cref="OperationCanceledException">It was called off before there was a turn.</exception>
    public async Task TakeAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            waiting.AddLast(turn);
            LetIn();
        }

        await using var registration = cancel.UnsafeRegister(_ => Leave(turn, cancel), null);
        await turn.Task;
    }

    public void GiveBack()
    {
        lock (gate)
        {
            taken--;
            LetIn();
        }
    }

    private void Leave(TaskCompletionSource turn, CancellationToken cancel)
    {
        lock (gate)
        {
            // Whoever is in already gives his turn back himself.
            if (waiting.Remove(turn))
                turn.SetCanceled(cancel);
        }
    }

    private void LetIn()
    {
        while (taken < atOnce && waiting.First is { Value: var next })
        {
            waiting.RemoveFirst();
            taken++;
            next.SetResult();
        }
    }
}
