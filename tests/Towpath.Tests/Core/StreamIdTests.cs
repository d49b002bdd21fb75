using Towpath.Core;

namespace Towpath.Tests.Core;

/// <summary>What a stream's name and a command's say.</summary>
public sealed class StreamIdTests
{
    [Theory]
    [InlineData("shop", "shop", null, null)]
    [InlineData("shop/runs/7", "shop", 7, null)]
    [InlineData("runs/runs/7", "runs", 7, null)]
    [InlineData("shop/environments/staging", "shop", null, "staging")]
    [InlineData("environments/environments/runs", "environments", null, "runs")]
    public void A_stream_is_a_project_or_a_run_or_an_environment(string text, string project, int? run, string? environment)
    {
        var stream = StreamId.Parse(text);
        Assert.Equal((project, run, environment), (stream.Project, stream.Run, stream.Environment));
    }

    [Theory]
    [InlineData("shop/runs/7/jobs/build/attempts/1", "shop/runs/7")]
    [InlineData("shop/runs/7", "shop/runs/7")]
    [InlineData("shop/environments/staging/deployments/3/start", "shop/environments/staging")]
    [InlineData("shop/pushes/4", "shop")]
    [InlineData("shop", "shop")]
    public void A_command_belongs_to_the_stream_that_its_id_begins_with(string command, string stream) =>
        Assert.Equal(stream, StreamId.OfCommand(command).Text);
}
