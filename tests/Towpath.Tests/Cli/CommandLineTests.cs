using System.Net;
using Towpath.Client;
using Towpath.Local;
using Towpath.Verbs;

namespace Towpath.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("localhost:7070", "127.0.0.1:7070")]
    [InlineData("0.0.0.0:80", "0.0.0.0:80")]
    [InlineData("[::1]:7070", "[::1]:7070")]
    [InlineData("7070", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("host.example:7070", null)]
    [InlineData("127.0.0.1:70700", null)]
    public void An_address_to_listen_on_has_a_host_and_a_port(string text, string? expected) =>
        Assert.Equal(expected is null ? null : IPEndPoint.Parse(expected), ListenOption.Parse(text));

    [Theory]
    [InlineData("http://127.0.0.1:7070/git/shop.git", "shop")]
    [InlineData("http://127.0.0.1:7070/git/my%20shop.git\n", "my shop")]
    [InlineData("https://host.example/other/shop.git", null)]
    [InlineData("git@host.example:shop.git", null)]
    [InlineData(null, null)]
    public void The_project_is_read_from_the_remote(string? url, string? expected) => Assert.Equal(expected, ProjectChoice.OfRemote(url));

    [Fact]
    public void The_data_folder_that_is_named_wins()
    {
        Assert.Equal("/tmp/x", DataFolder.Resolve("/tmp/x/"));
        Assert.EndsWith("/towpath", DataFolder.Resolve(null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_folder_too_deep_for_sockets_is_refused() =>
        Assert.Equal(ExitCode.Usage, Assert.Throws<ExitException>(() => DataFolder.Create("/tmp/" + new string('x', 90))).Code);

    [Theory]
    [InlineData("projects")]
    [InlineData("runs")]
    [InlineData("envs")]
    [InlineData("deployments --environment staging")]
    public void What_is_many_is_listed_without_another_word(string typed) =>
        Assert.Empty(TowpathCommand.Create().Parse(typed).Errors);

    [Fact]
    public void Every_verb_says_what_it_does()
    {
        foreach (var verb in TowpathCommand.Create().Subcommands.SelectMany(verb => verb.Subcommands.Append(verb)))
            Assert.False(string.IsNullOrWhiteSpace(verb.Description), verb.Name);
    }
}
