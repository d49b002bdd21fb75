using System.Text.RegularExpressions;

namespace Towpath.Server.Logs;

/// <param name="Lines">Numbers of the lines that hold the text, in order.</param>
/// <param name="Next">The number of the first line that was not looked at.</param>
public sealed record LogMatches(IReadOnlyList<long> Lines, long Next);

/// <summary>A step of a job or a deployment, where its log tells of it.</summary>
public sealed record LogStep(long Line, string Name);

/// <summary>What is where in a log.</summary>
/// <param name="Error">The first line that tells of an error; null: none does.</param>
/// <param name="FirstOnStderr">Null: nothing was printed there.</param>
/// <param name="Next">The number of the first line that was not looked at.</param>
public sealed record LogOutline(IReadOnlyList<LogStep> Steps, long? Error, long? FirstOnStderr, long Next);

/// <summary>Looks through logs for people, a few at a time and each for a limited time.</summary>
public sealed partial class LogSearch(LogAccess logs, TimeProvider time) : IDisposable
{
    /// <summary>Lines in one answer at most.</summary>
    public const int MatchesAtMost = 1000;

    public const int StepsAtMost = 500;

    private const int AtOnce = 2;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim turns = new(AtOnce);

    /// <summary>Lines from a number on that hold a text, whatever its case; colours do not stand between.</summary>
    public Task<LogMatches> FindAsync(string log, string text, long from, CancellationToken cancel) => InTurnAsync(() =>
    {
        var found = new List<long>();
        var next = from;
        var began = time.GetTimestamp();
        foreach (var line in logs.All(log, from))
        {
            if (IsTimeOver(line.Number, began, cancel) || found.Count == MatchesAtMost)
                break;
            next = line.Number + 1;
            if (LogText.Plain(line.Text).Contains(text, StringComparison.OrdinalIgnoreCase))
                found.Add(line.Number);
        }

        return new LogMatches(found, next);
    }, cancel);

    /// <summary>What is where, from a number on.</summary>
    public Task<LogOutline> OutlineAsync(string log, long from, CancellationToken cancel) => InTurnAsync(() =>
    {
        var steps = new List<LogStep>();
        long? error = null, stderr = null;
        var next = from;
        var began = time.GetTimestamp();
        foreach (var line in logs.All(log, from))
        {
            if (IsTimeOver(line.Number, began, cancel))
                break;
            next = line.Number + 1;
            if (line.Channel == "towpath")
            {
                if (steps.Count < StepsAtMost && StepName(line.Text) is { } name)
                    steps.Add(new(line.Number, name));
                continue;
            }

            if (error is null && TellsOfError(LogText.Plain(line.Text)))
                error = line.Number;
            if (stderr is null && line.Channel == "stderr")
                stderr = line.Number;
        }

        return new LogOutline(steps, error, stderr, next);
    }, cancel);

    /// <summary>Whether a line that a program printed tells of an error, as compilers, test runners and shells do: <c>0 errors</c> does not.</summary>
    public static bool TellsOfError(string text) => Error().IsMatch(text) && !NoErrors().IsMatch(text);

    public void Dispose() => turns.Dispose();

    private static string? StepName(string text) =>
        Step().Match(text) is { Success: true } step ? step.Groups["name"].Value
        : text.StartsWith("$ ", StringComparison.Ordinal) ? text[2..] : null;

    private bool IsTimeOver(long number, long began, CancellationToken cancel)
    {
        if (number % 1024 != 0)
            return false;
        cancel.ThrowIfCancellationRequested();
        return time.GetElapsedTime(began) > Longest;
    }

    private async Task<T> InTurnAsync<T>(Func<T> look, CancellationToken cancel)
    {
        await turns.WaitAsync(cancel);
        try
        {
            return await Task.Run(look, cancel);
        }
        finally
        {
            turns.Release();
        }
    }

    [GeneratedRegex(@"\b(?i:error|errors|fatal|failed|failure|panic|panicked|traceback|exception)\b|[a-z](Error|Exception)\b", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Error();

    [GeneratedRegex(@"\b(0|no) (error|fail|exception)|\b(errors?|failed|failures): 0\b", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NoErrors();

    [GeneratedRegex(@"\Astep [0-9]+ of [0-9]+: (?<name>.*)\z", RegexOptions.NonBacktracking | RegexOptions.Singleline)]
    private static partial Regex Step();
}
