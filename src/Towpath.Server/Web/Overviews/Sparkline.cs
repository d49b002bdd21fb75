using System.Globalization;
using System.Text;
using Towpath.Engine.Agents;
using Towpath.Engine.Views;

namespace Towpath.Server.Web.Overviews;

/// <summary>The last minutes as a line of a few letters: a list may have hundreds of them.</summary>
/// <param name="Requests">The d of a path in the <see cref="Field"/>.</param>
/// <param name="Errors">The same, on the same scale; empty when there were none.</param>
public sealed record Sparkline(string Requests, string Errors)
{
    /// <summary>The viewBox.</summary>
    public const string Field = "0 0 42 11";

    private const int PointsAtMost = 15;
    private const int SamplesAPoint = LiveHealth.SamplesAtMost / PointsAtMost;
    private const int Width = 3;

    /// <summary>From the top; the line keeps its strokes within the field.</summary>
    private const int Floor = 10;
    private const int Height = 9;

    /// <summary>Null when there is nothing to see: no requests, or only a moment.</summary>
    public static Sparkline? Of(IReadOnlyList<HealthPoint> samples)
    {
        // From the end, so that a new sample moves only the newest point.
        var points = samples.Reverse().Chunk(SamplesAPoint).Take(PointsAtMost).Reverse()
            .Select(few => new HealthPoint(few.Average(sample => sample.Requests), few.Average(sample => sample.Errors))).ToList();
        if (points.Count < 2 || points.Max(point => point.Requests) is not (> 0 and var most))
            return null;
        return new Sparkline(
            Path(points.ConvertAll(point => point.Requests / most)),
            points.Exists(point => point.Errors > 0) ? Path(points.ConvertAll(point => point.Errors / most)) : "");
    }

    private static string Path(List<double> shares)
    {
        var path = new StringBuilder();
        var last = Y(shares[0]);
        path.Append(CultureInfo.InvariantCulture, $"M{(PointsAtMost - shares.Count) * Width} {last}");
        foreach (var share in shares.Skip(1))
        {
            var (y, by) = (Y(share), Y(share) - last);
            path.Append(by == 0 ? 'h' : 'l').Append(Width);
            // A minus parts numbers as well as a space does.
            if (by > 0)
                path.Append(' ');
            if (by != 0)
                path.Append(CultureInfo.InvariantCulture, $"{by}");
            last = y;
        }

        return path.ToString();
    }

    /// <summary>What is there at all is seen.</summary>
    private static int Y(double share) => Floor - (share > 0 ? Math.Max(1, (int)Math.Round(share * Height)) : 0);
}
