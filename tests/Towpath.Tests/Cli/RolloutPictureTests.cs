using Spectre.Console;
using Towpath.Demo;
using Towpath.Engine.Views;

namespace Towpath.Tests.Cli;

/// <summary>What the demo draws of a canary.</summary>
public sealed class RolloutPictureTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(140)]
    public void It_fits_into_the_terminal_and_shows_both_versions_and_the_evidence(int width)
    {
        var picture = new RolloutPicture("run 7  A version with a title that is so long that it goes far beyond the eighty columns of a terminal");
        for (var measurement = 1; measurement <= 200; measurement++)
            Assert.True(picture.Add(Shown(requests: measurement * 10, worse: measurement)));

        var lines = Lines(picture, width);

        Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length} columns: {line}"));
        Assert.Equal(4, lines.Count(line => line.Contains('●') && line.Contains('┤')));
        Assert.Contains(lines, line => line.Contains("slower than 18.5 ms", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("  100 ", StringComparison.Ordinal) && line.Contains('█'));
    }

    [Fact]
    public void What_was_drawn_already_is_nothing_new()
    {
        var picture = new RolloutPicture("run 7");
        Assert.True(picture.Add(Shown(requests: 10, worse: 2)));
        Assert.False(picture.Add(Shown(requests: 10, worse: 2)));
        Assert.Equal(1, picture.Measurements);
    }

    [Fact]
    public void Before_the_first_measurement_that_counts_there_is_nothing_to_draw()
    {
        var picture = new RolloutPicture("run 7");
        picture.Add(Shown(requests: 0, worse: 1));
        Assert.DoesNotContain(Lines(picture, 80), line => line.Contains('├'));
        Assert.Contains("do not count", picture.Line(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_says_the_same()
    {
        var picture = new RolloutPicture("run 7");
        picture.Add(Shown(requests: 1000, worse: 37.4));
        Assert.Equal(
            "step 1 of 2: 10 % of the requests; errors: live 0.2 % (0.1 % to 0.3 %), new 5 % (4 % to 6 %); "
                + "slower than 18.5 ms: live 0.2 % (0.1 % to 0.3 %), new 5 % (4 % to 6 %); worse: 37 of 100, no worse: 0.5 of 20",
            picture.Line());
    }

    [Theory]
    [InlineData(0, 0, 0.5, "●────┤     ")]
    [InlineData(0.2, 0.5, 1, "  ├──●────┤")]
    [InlineData(0.9, 1, 2, "         ├●")]
    public void A_band_lies_where_its_rates_are(double low, double rate, double high, string expected) =>
        Assert.Equal(expected, Strip.Band(low, rate, high, 1, 11));

    [Fact]
    public void Columns_grow_from_the_bottom_by_eighths() => Assert.Equal(["  ▄█", " ███"], Strip.Columns([0, 0.5, 0.75, 1], 2));

    [Fact]
    public void A_scale_ends_at_a_plain_number()
    {
        Assert.Equal(0.01, Strip.Scale(0.002));
        Assert.Equal(0.2, Strip.Scale(0.11));
        Assert.Equal(1, Strip.Scale(0.8));
    }

    private static List<string> Lines(RolloutPicture picture, int width)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No });
        console.Profile.Width = width;
        console.Write(picture.Draw(width));
        return [.. text.ToString().Split('\n').Select(line => line.TrimEnd('\r'))];
    }

    private static DeploymentView Shown(double requests, double worse)
    {
        var (live, next) = (new RateView(requests * 9, 0.002, 0.001, 0.003), new RateView(requests, requests > 0 ? 0.05 : null, 0.04, 0.06));
        return new DeploymentView(
            7, 7, "c0ffee", "A version", "sha256:0", "deploy", "shifting", "", "towpath", null, null, "log", DateTimeOffset.UnixEpoch, null, null)
        {
            Rollout = new RolloutView(1, 2, 0.1, "undecided", "", WaitsForPerson: false),
            Evidence = new EvidenceView(worse, 100, 20,
            [
                new MetricView("errors", null, next, live, worse, 3),
                new MetricView("latency", 18.5, next, live, 1, 0.5),
            ]),
        };
    }
}
