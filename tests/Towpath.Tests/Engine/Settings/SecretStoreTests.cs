using Towpath.Engine.Settings;

namespace Towpath.Tests.Engine.Settings;

public sealed class SecretStoreTests : IDisposable
{
    private readonly TestFolder temp = new();
    private readonly SecretStore store;

    public SecretStoreTests() => store = SecretStore.Open(temp.Path);

    public void Dispose() => temp.Dispose();

    [Fact]
    public void Values_are_told_only_to_who_names_them_and_survive_a_restart()
    {
        store.Set("shop", "staging", "DATABASE_URL", "pg://ü");
        store.Set("shop", "staging", "TOKEN", "t1");
        store.Set("shop", "staging", "TOKEN", "t2");
        store.Set("shop", "production", "TOKEN", "p");

        var again = SecretStore.Open(temp.Path);
        var revealed = again.Reveal("shop", "staging", ["TOKEN", "MISSING", "DATABASE_URL", "GONE"]);
        Assert.Equal([new("DATABASE_URL", "pg://ü"), new("TOKEN", "t2")], revealed.Values);
        Assert.Equal(["MISSING", "GONE"], revealed.Missing);
        Assert.Empty(revealed.Unreadable);
        Assert.Equal(["TOKEN"], again.Reveal("shop", "staging", ["TOKEN"]).Values.Keys);
        Assert.Equal(["DATABASE_URL", "TOKEN"], again.Names("shop", "staging"));
        Assert.Equal("p", again.Reveal("shop", "production", ["TOKEN"]).Values["TOKEN"]);
        Assert.Empty(again.Names("blog", "staging"));
    }

    [Fact]
    public void A_removed_secret_is_gone()
    {
        store.Set("shop", "staging", "TOKEN", "t");
        Assert.True(store.Remove("shop", "staging", "TOKEN"));
        Assert.False(store.Remove("shop", "staging", "TOKEN"));
        Assert.Equal(["TOKEN"], SecretStore.Open(temp.Path).Reveal("shop", "staging", ["TOKEN"]).Missing);
        Assert.DoesNotContain("TOKEN", File.ReadAllText(temp.At("secrets.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_on_disk_holds_a_value_and_only_the_owner_reads_the_files()
    {
        store.Set("shop", "staging", "TOKEN", "a-very-secret-value");
        foreach (var file in Directory.GetFiles(temp.Path, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("a-very-secret-value", File.ReadAllText(file), StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String("a-very-secret-value"u8), File.ReadAllText(file), StringComparison.Ordinal);
        }

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(temp.At("keys")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(temp.At("secrets.json")));
        Assert.NotEmpty(Directory.GetFiles(temp.At("keys")));
    }

    [Fact]
    public void A_value_moved_to_another_environment_or_without_its_key_is_not_revealed()
    {
        store.Set("shop", "production", "TOKEN", "t");
        var content = File.ReadAllText(temp.At("secrets.json"));
        File.WriteAllText(temp.At("secrets.json"), content.Replace("shop/production", "evil/staging", StringComparison.Ordinal));
        var moved = SecretStore.Open(temp.Path);
        AssertUnreadable(moved.Reveal("evil", "staging", ["TOKEN"]));

        store.Set("shop", "production", "TOKEN", "t");
        Directory.Delete(temp.At("keys"), recursive: true);
        var keyless = SecretStore.Open(temp.Path);
        AssertUnreadable(keyless.Reveal("shop", "production", ["TOKEN"]));
        keyless.Set("shop", "production", "TOKEN", "again");
        Assert.Equal("again", keyless.Reveal("shop", "production", ["TOKEN"]).Values["TOKEN"]);

        static void AssertUnreadable(RevealedSecrets revealed)
        {
            Assert.Empty(revealed.Values);
            Assert.Equal(["TOKEN"], revealed.Missing);
            Assert.Equal(["TOKEN"], revealed.Unreadable);
        }
    }

    [Fact]
    public void A_value_over_the_limit_and_a_damaged_file_are_refused()
    {
        store.Set("shop", "staging", "LARGE", new string('x', 65_536));
        var error = Assert.Throws<SecretException>(() => store.Set("shop", "staging", "TOKEN", new string('x', 65_537)));
        Assert.Equal("The value of TOKEN is larger than 64 KiB, which is the limit for a secret.", error.Message);
        Assert.True(error.IsRefusal);
        Assert.Equal(65_536, store.Reveal("shop", "staging", ["LARGE"]).Values["LARGE"].Length);

        File.WriteAllText(temp.At("secrets.json"), "{");
        Assert.Contains("are damaged", Assert.Throws<SecretException>(() => SecretStore.Open(temp.Path)).Message, StringComparison.Ordinal);
    }
}
