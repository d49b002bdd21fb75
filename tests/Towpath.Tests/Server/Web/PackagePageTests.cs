using System.Net;
using Towpath.Core;
using Towpath.Core.Runs;
using Towpath.Engine.Packages;
using Towpath.Server.Web.Design;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

public sealed class PackagePageTests
{
    private const string Address = "/shop/runs/1/package";

    [Fact]
    public async Task A_package_says_what_it_is_where_it_comes_from_and_where_it_is()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await Packed.CommitAsync(server.Repositories);
        var package = await Packed.RunsMakeAsync(server, commit, "wwwroot/site.css", "bin/Shop", "read.me");
        await server.PushAsync("shop", commit);
        await server.GoesLiveAsync("shop", "production", 1);
        var page = await TextAsync(server, Address);
        var output = server.Plane.Run("shop", 1)!.Job("publish").Attempts[^1].Outputs.Find("shop")!.Archive;
        foreach (var known in new[]
        {
            $">{package.Digest}</pre>", $"{package.App}</code>", $"{package.Deploy}</code>", commit, "Sell boats", "Started by</dt><dd>push", "attempt 1, on local",
            $"{output}</code>", "<code>out</code>", "bin/</bdi>", ">Shop</bdi><span class=\"soft small\">executable</span>", ">site.css</bdi>", "3 files.",
            "/shop/environments/production\"", "/shop/environments/staging/deployments/1\"", "Since ",
        })
            Assert.Contains(known, page);
        Assert.True(page.IndexOf(">./</bdi>", StringComparison.Ordinal) < page.IndexOf(">bin/</bdi>", StringComparison.Ordinal));
        Assert.Contains($"href=\"{Address}\"", await ReadAsync(server, "/shop/runs/1"));
        Assert.Contains($"href=\"{Address}\"", await ReadAsync(server, "/shop/environments/production"));

        server.Work.Script = ScriptedWork.Succeed;
        await server.PushAsync("shop", Commits.Second);
        await server.GoesLiveAsync("shop", "production", 2);
        Assert.Contains("Live from ", await TextAsync(server, Address));
        Assert.Contains("There are no files in this layer.", await ReadAsync(server, Address + "?layer=deploy"));
    }

    [Fact]
    public async Task Of_thousands_of_files_the_first_are_shown_and_the_others_found_by_their_path()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await Packed.CommitAsync(server.Repositories);
        await Packed.RunsMakeAsync(server, commit, [.. Enumerable.Range(1, 1500).Select(number => $"web/part{number % 7}/file-{number:0000}.js")]);
        await server.PushAsync("shop", commit);
        await server.RunEndsAsync("shop", 1);
        var page = await TextAsync(server, Address);
        Assert.Contains("1,500 files. The first 1,000 are shown, and 500 more are not", page);
        Assert.Equal(LayerListing.FilesAtMost, page.Split("</bdi><span class=\"num small\">").Length - 1);
        var found = await TextAsync(server, Address + "?find=FILE-1499");
        Assert.Contains("“FILE-1499” is in the path of 1 of 1,500 files.", found);
        Assert.Contains(">file-1499.js</bdi>", found);
        Assert.Contains("None of 1,500 files has “moon” in its path.", await TextAsync(server, Address + "?find=moon"));
    }

    [Fact]
    public async Task A_name_that_wants_to_be_more_than_a_name_stays_one()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await Packed.CommitAsync(server.Repositories);
        await Packed.RunsMakeAsync(
            server, commit, "<script>alert(1)</script>", "gpj.\u202Eexe.run", "bell\u0007\u001b[2J\u200B", new string('x', 700) + "/" + new string('y', 700));
        await server.PushAsync("shop", commit);
        await server.RunEndsAsync("shop", 1);
        var page = await ReadAsync(server, Address + "?find=" + Uri.EscapeDataString("\"><script>"));
        Assert.DoesNotContain("<script>alert", page);
        Assert.DoesNotContain("\"><script>", page);
        var text = await TextAsync(server, Address);
        foreach (var name in new[] { "gpj.⟨U+202E⟩exe.run", "bell⟨U+0007⟩⟨U+001B⟩[2J⟨U+200B⟩", $"{new string('y', 500)}… and 200 characters more" })
            Assert.Contains(name, text);
        Assert.DoesNotContain(text, letter => letter is '\u202E' or '\u0007' or '\u001b' or '\u200B');
    }

    [Fact]
    public async Task A_run_without_a_package_says_so_and_one_whose_package_was_removed_tells_what_is_still_known()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.RunEndsAsync("shop", 1);
        await server.PushAsync("shop", Commits.Second, reference: "refs/heads/aside");
        await server.RunEndsAsync("shop", 2);
        using var browser = Of(server);
        using var none = await browser.GetAsync("/shop/runs/2/package", RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Contains("Run 2 made no package.", await none.Content.ReadAsStringAsync(RunningServer.Cancel));

        // The scripted store has none of its bytes, as one that lost them.
        Assert.Contains("The store does not have", await TextAsync(server, Address));
        Assert.Null(await server.Plane.Loop.AskAsync(StreamId.OfRun("shop", 1), new CollectRun()));
        var page = await TextAsync(server, Address);
        Assert.Contains("Package and logs of run 1 were removed on", page);
        Assert.Contains(ScriptedWork.PackageOf(Commits.First).Digest.ToString(), page);
        Assert.DoesNotContain("Find files", page);
    }

    [Fact]
    public async Task A_package_that_was_built_elsewhere_tells_who_uploaded_it()
    {
        await using var server = await RunningServer.StartAsync();
        var commit = await Packed.CommitAsync(server.Repositories);
        await server.PushAsync("shop", commit);
        await server.RunEndsAsync("shop", 1);
        using var content = new ByteArrayContent(Packed.Tar("Shop"));
        content.Headers.ContentType = new("application/x-tar");
        using var uploaded = await server.Client.PostAsync($"/api/v1/projects/shop/packages?commit={commit}", content, RunningServer.Cancel);
        Assert.Equal(HttpStatusCode.Created, uploaded.StatusCode);
        var page = await TextAsync(server, "/shop/runs/2/package");
        Assert.Contains("<dt>Uploaded by</dt><dd>owner", page);
        Assert.Contains("It was built elsewhere", page);
        Assert.Contains(">Shop</bdi>", page);
    }

    [Theory]
    [InlineData("plain name (1).txt", "plain name (1).txt")]
    [InlineData("größe-日本-😀.bin", "größe-日本-😀.bin")]
    [InlineData("a\nb\tc", "a⟨U+000A⟩b⟨U+0009⟩c")]
    [InlineData("no\u00A0break\u3000wide", "no⟨U+00A0⟩break⟨U+3000⟩wide")]
    public void Every_character_of_a_name_is_in_sight(string name, string shown) => Assert.Equal(shown, PlainName.Of(name));
}
