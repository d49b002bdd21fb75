using System.Text;
using Towpath.Agent.Logs;

namespace Towpath.Tests.Agent.Logs;

/// <summary>Logs of commands that mostly have nothing to say.</summary>
public sealed class SpoolFolderTests : IDisposable
{
    private static readonly SpoolOwner Owner = new("shop/environments/production/deployments/2/canary-7", "measure-traffic");
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Log_begins_with_its_first_line()
    {
        var spools = new SpoolFolder(folder.At("spool"), TimeProvider.System);
        await using (spools.OpenLogForWords(Owner, SecretMask.None, TimeProvider.System))
            Assert.Null(spools.Find(Owner.Command));
        Assert.Empty(spools.All);

        await using (var log = spools.OpenLogForWords(Owner, SecretMask.None, TimeProvider.System))
        {
            log.Say("d2 gets 5 % of the requests now");
            Assert.False(spools.Find(Owner.Command)!.IsComplete);
        }

        var spool = Assert.Single(spools.All);
        Assert.True(spool.IsComplete);
        Assert.Equal(["d2 gets 5 % of the requests now"], spool.Read(spool.Start, 1000).Lines.Select(line => Encoding.UTF8.GetString(line.Text.Span)));
    }

    [Fact]
    public async Task Log_that_an_earlier_agent_left_unfinished_is_ended_also_without_another_line()
    {
        var before = new SpoolFolder(folder.At("spool"), TimeProvider.System);
        before.OpenLogForWords(Owner, SecretMask.None, TimeProvider.System).Say("d2 gets 5 % of the requests now");
        var spools = new SpoolFolder(folder.At("spool"), TimeProvider.System);
        Assert.False(spools.Find(Owner.Command)!.IsComplete);
        await using (spools.OpenLogForWords(Owner, SecretMask.None, TimeProvider.System))
        {
        }

        Assert.True(spools.Find(Owner.Command)!.IsComplete);
    }
}
