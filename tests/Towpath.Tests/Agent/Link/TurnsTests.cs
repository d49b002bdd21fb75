using Towpath.Agent.Link;

namespace Towpath.Tests.Agent.Link;

/// <summary>Who may work at the same time.</summary>
public sealed class TurnsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task So_many_are_in_and_the_others_follow_in_their_order()
    {
        var turns = new Turns(2);
        var (first, second, third, fourth) = (turns.TakeAsync(Cancel), turns.TakeAsync(Cancel), turns.TakeAsync(Cancel), turns.TakeAsync(Cancel));
        Assert.True(first.IsCompletedSuccessfully && second.IsCompletedSuccessfully);
        Assert.False(third.IsCompleted || fourth.IsCompleted);

        turns.GiveBack();
        await Comes(third);
        Assert.False(fourth.IsCompleted);
    }

    [Fact]
    public async Task More_are_let_in_at_once_and_fewer_only_when_enough_have_left()
    {
        var turns = new Turns(1);
        Task[] all = [.. Enumerable.Range(0, 5).Select(_ => turns.TakeAsync(Cancel))];
        turns.AtOnce = 3;
        await Comes(all[1]);
        await Comes(all[2]);
        Assert.False(all[3].IsCompleted);

        turns.AtOnce = 1;
        turns.GiveBack();
        turns.GiveBack();
        Assert.False(all[3].IsCompleted);
        turns.GiveBack();
        await Comes(all[3]);
        Assert.False(all[4].IsCompleted);
    }

    [Fact]
    public async Task Whoever_leaves_the_line_takes_nobodys_turn()
    {
        var turns = new Turns(1);
        await turns.TakeAsync(Cancel);
        using var leaves = new CancellationTokenSource();
        var (left, next) = (turns.TakeAsync(leaves.Token), turns.TakeAsync(Cancel));
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        turns.GiveBack();
        await Comes(next);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turns.TakeAsync(leaves.Token));
        turns.GiveBack();
        await Comes(turns.TakeAsync(Cancel));
    }

    /// <summary>The word is given; whoever waited hears of it in a moment.</summary>
    private static Task Comes(Task turn) => turn.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
}
