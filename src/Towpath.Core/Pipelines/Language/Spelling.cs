namespace Towpath.Core.Pipelines.Language;

/// <summary>What a person may have meant.</summary>
internal static class Spelling
{
    /// <summary>The nearest of the words; null when none is near.</summary>
    public static string? Nearest(string written, IEnumerable<string> words)
    {
        var plain = Plain(written);
        return words
            .Select(word => (Word: word, Distance: Distance(plain, Plain(word))))
            .Where(candidate => candidate.Distance <= Math.Max(1, Math.Min(plain.Length, candidate.Word.Length) / 3))
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Word)
            .FirstOrDefault();
    }

    /// <summary>Ends a message about a word that is not known.</summary>
    public static string Advice(string written, IReadOnlyCollection<string> words, string none) =>
        Nearest(written, words) is { } nearest ? $"did you mean '{nearest}'?"
        : words.Count == 0 ? none
        : $"there {(words.Count == 1 ? "is" : "are")} {Listed(words)}";

    public static string Listed(IReadOnlyCollection<string> words, int most = 12) =>
        string.Join(", ", words.Take(most).Select(word => $"'{word}'")) + (words.Count > most ? ", …" : "");

    /// <summary>start-timeout, start_timeout and StartTimeout are all meant as startTimeout.</summary>
    private static string Plain(string word)
    {
        var cut = word.Length > 80 ? word[..80] : word;
        return cut.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours.</summary>
    private static int Distance(string left, string right)
    {
        var table = new int[left.Length + 1, right.Length + 1];
        for (var row = 0; row <= left.Length; row++)
            table[row, 0] = row;
        for (var column = 0; column <= right.Length; column++)
            table[0, column] = column;
        for (var row = 1; row <= left.Length; row++)
        {
            for (var column = 1; column <= right.Length; column++)
            {
                var replaced = table[row - 1, column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
                var best = Math.Min(replaced, 1 + Math.Min(table[row - 1, column], table[row, column - 1]));
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                    best = Math.Min(best, 1 + table[row - 2, column - 2]);
                table[row, column] = best;
            }
        }

        return table[left.Length, right.Length];
    }
}
