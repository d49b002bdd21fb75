using Towpath.Agent.Apps;

namespace Towpath.Tests.Agent.Apps;

public sealed class InstanceStartTests
{
    [Theory]
    [InlineData("node server.js")]
    [InlineData("./Shop --urls 'http://x'")]
    [InlineData("./Shop")]
    [InlineData("dotnet Shop.dll \"$CONFIG\"")]
    public void One_plain_program_takes_the_shells_place(string command) =>
        Assert.Equal("exec " + command, InstanceStart.WithoutShell(command));

    [Theory]
    [InlineData("cd app && node server.js")]
    [InlineData("MODE=x node server.js")]
    [InlineData("node server.js | tee log")]
    [InlineData("cd app\nnode server.js")]
    [InlineData("exec node server.js")]
    [InlineData(". ./env; node server.js")]
    [InlineData(". ./env")]
    [InlineData("node $(cat main)")]
    [InlineData("if true; then node a.js; fi")]
    public void What_needs_a_shell_keeps_it(string command) => Assert.Equal(command, InstanceStart.WithoutShell(command));
}
