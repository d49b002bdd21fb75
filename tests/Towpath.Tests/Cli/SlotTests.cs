using Towpath.Local;

namespace Towpath.Tests.Cli;

public sealed class SlotTests
{
    [Fact]
    public void A_slot_is_held_by_one_and_everybody_sees_by_whom()
    {
        using var folder = new TestFolder();
        Assert.Null(Slot.Holder(folder.Path, "server"));
        using (var slot = Slot.TryTake(folder.Path, "server"))
        {
            Assert.NotNull(slot);
            Assert.Null(Slot.TryTake(folder.Path, "server"));
            using var other = Slot.TryTake(folder.Path, "agent");
            Assert.NotNull(other);
            Assert.Equal(Environment.ProcessId, Slot.Holder(folder.Path, "server")!.Pid);
        }

        using var again = Slot.TryTake(folder.Path, "server");
        Assert.NotNull(again);
    }

    [Fact]
    public void A_number_that_another_process_has_now_is_nobody()
    {
        using var folder = new TestFolder();
        using var slot = Slot.TryTake(folder.Path, "server");
        var own = ProcessIdentity.Own;
        Assert.True(own.IsAlive);
        File.WriteAllText(Path.Combine(folder.Path, "run", "server.pid"), (own with { Started = own.Started - 1 }).ToString());
        Assert.Null(Slot.Holder(folder.Path, "server"));
        File.WriteAllText(Path.Combine(folder.Path, "run", "server.pid"), (own with { Boot = "another" }).ToString());
        Assert.Null(Slot.Holder(folder.Path, "server"));
        File.WriteAllText(Path.Combine(folder.Path, "run", "server.pid"), "nonsense");
        Assert.Null(Slot.Holder(folder.Path, "server"));
    }
}
