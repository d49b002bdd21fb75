namespace Towpath.Demo;

/// <summary>Pictures made of letters, one line or a few.</summary>
internal static class Strip
{
    private const string Eighths = " ▁▂▃▄▅▆▇█";

    /// <summary>A rate and the band that it lies in, on a line from 0 to <paramref name="most"/>.</summary>
    /// <param name="width">Letters of the line, at least 2.</param>
    public static string Band(double low, double? rate, double high, double most, int width)
    {
        var line = new char[width];
        Array.Fill(line, ' ');
        var (from, to) = (Place(low), Place(high));
        for (var at = from; at <= to; at++)
            line[at] = '─';
        line[from] = '├';
        line[to] = '┤';
        if (rate is { } known)
            line[Place(known)] = '●';
        return new string(line);

        int Place(double share) => (int)Math.Round(Math.Clamp(share / most, 0, 1) * (width - 1));
    }

    /// <summary>A bar that grows to the right, to the end at 1; dots where it may grow to.</summary>
    public static string Bar(double share, int width)
    {
        var full = (int)Math.Floor(Math.Clamp(share, 0, 1) * width);
        return new string('━', full) + new string('·', width - full);
    }

    /// <summary>Columns that grow from the bottom; the first line is the top.</summary>
    /// <param name="heights">From 0 to 1, one a column.</param>
    public static IReadOnlyList<string> Columns(IReadOnlyList<double> heights, int lines)
    {
        var picture = new string[lines];
        for (var line = 0; line < lines; line++)
        {
            var below = lines - 1 - line;
            picture[line] = string.Concat(heights.Select(height =>
                Eighths[(int)Math.Round(Math.Clamp((height * lines) - below, 0, 1) * (Eighths.Length - 1))]));
        }

        return picture;
    }

    /// <summary>The next of 1, 2, 3, 5, 10, 20… percent that is no less.</summary>
    public static double Scale(double highest)
    {
        foreach (var step in (double[])[0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5])
        {
            if (highest <= step)
                return step;
        }

        return 1;
    }
}
