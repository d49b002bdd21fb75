using Towpath.Protocol.Files;

namespace Towpath.Tests.Protocol.Files;

public sealed class DurableFileTests : IDisposable
{
    private readonly TestFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public void A_file_is_replaced_whole_and_only_its_owner_may_read_it()
    {
        DurableFile.Write(temp.At("state.json"), "one"u8);
        DurableFile.Write(temp.At("state.json"), "two"u8);
        Assert.Equal("two", File.ReadAllText(temp.At("state.json")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(temp.At("state.json")));
        Assert.Single(Directory.GetFileSystemEntries(temp.Path));
    }

    [Fact]
    public void What_a_crash_left_half_written_is_in_nobodys_way()
    {
        DurableFile.Write(temp.At("state.json"), "one"u8);
        File.WriteAllText(temp.At("state.json.new"), "tw");
        Assert.Equal("one", File.ReadAllText(temp.At("state.json")));
        DurableFile.Write(temp.At("state.json"), "three"u8);
        Assert.Equal("three", File.ReadAllText(temp.At("state.json")));
    }

    [Fact]
    public void A_folder_that_is_not_there_cannot_be_synced()
    {
        var error = Assert.Throws<IOException>(() => DurableFile.SyncFolder(temp.At("none")));
        Assert.Contains("cannot be opened", error.Message, StringComparison.Ordinal);
    }
}
