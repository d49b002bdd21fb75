namespace Towpath.Chaos;

/// <summary>What a journey did not come to: a broken promise.</summary>
#pragma warning disable CA1032 // Only thrown here and in the journey.
internal sealed class BrokenPromiseException(string promise) : Exception(promise);
#pragma warning restore CA1032

/// <summary>The one place that polls: what is watched are other processes, and some of them are dead for a while.</summary>
internal static class Until
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks again and again until there is an answer. Who cannot be reached is asked again as well.</summary>
    /// <param name="what">Ends the sentence "It did not come to this: …".</param>
    public static async Task<T> AsksAsync<T>(string what, TimeSpan limit, Func<Task<T?>> ask)
        where T : struct
    {
        var began = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        var problem = "";
        while (TimeProvider.System.GetElapsedTime(began) < limit)
        {
            try
            {
                if (await ask() is { } answer)
                    return answer;
                problem = "";
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                problem = $" ({e.Message})";
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        throw new BrokenPromiseException($"within {limit.TotalSeconds:0} s it did not come to this: {what}{problem}");
    }

    public static Task TrueAsync(string what, TimeSpan limit, Func<Task<bool>> isSo) =>
        AsksAsync<bool>(what, limit, async () => await isSo() ? true : null);
}
