namespace Towpath.Tests;

/// <summary>The one place where tests poll: for what another process does and no signal tells.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns as soon as the condition holds; fails the test when it does not within the time (10 s unless told).</summary>
    public static Task That(Func<bool> condition, string what, TimeSpan? within = null) =>
        That(() => Task.FromResult(condition()), what, within);

    public static async Task That(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(10);
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < limit, $"Not within {limit.TotalSeconds:0.#} s: {what}");
            await Task.Delay(Interval, TestContext.Current.CancellationToken);
        }
    }
}
