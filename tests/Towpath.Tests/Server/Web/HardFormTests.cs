using System.Net;
using System.Net.Http.Headers;
using System.Text;
using static Towpath.Tests.Server.Web.Browser;

namespace Towpath.Tests.Server.Web;

/// <summary>Forms that cannot be read, and questions that have no answer.</summary>
public sealed class HardFormTests
{
    private const string Production = "/shop/environments/production";

    [Fact]
    public async Task A_form_that_cannot_be_read_does_nothing_and_is_refused()
    {
        await using var server = await RunningServer.StartAsync();
        await server.PushAsync("shop", Commits.First);
        await server.GoesLiveAsync("shop", "production", 1);
        var many = string.Join('&', Enumerable.Range(0, 5000).Select(field => $"f{field}=1"));
        foreach (var (type, body) in new[]
        {
            ("multipart/form-data", "xx"), ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\nhal"),
            ("application/x-www-form-urlencoded", many), ("application/x-www-form-urlencoded", new string('k', 3000) + "=1"),
            ("application/x-www-form-urlencoded; charset=utf-7", "reason=x"),
        })
        {
            foreach (var path in new[] { $"{Production}/hold", "/-/agents/local/limit" })
            {
                using var browser = Of(server);
                using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
                content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
                using var answer = await browser.PostAsync(new Uri(path, UriKind.Relative), content, RunningServer.Cancel);
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{type} to {path}: {(int)answer.StatusCode}");
            }
        }

        Assert.Null(server.Plane.Environment("shop", "production")!.Hold);
    }

    [Fact]
    public async Task Where_there_is_no_way_back_there_is_no_button()
    {
        await using var server = await RunningServer.StartAsync();
        foreach (var (run, commit) in new[] { (1, Commits.First), (2, Commits.Second) })
        {
            await server.PushAsync("shop", commit);
            await server.GoesLiveAsync("shop", "production", run);
        }

        Assert.Contains("<button", Question(await ReadAsync(server, $"{Production}/rollback")));
        foreach (var run in new[] { "999", "2", "-3" })
        {
            var question = Question(await ReadAsync(server, $"{Production}/rollback?to={run}"));
            Assert.Contains("There is no way back", question);
            Assert.DoesNotContain("<form", question);
        }
    }

    private static string Question(string page) => page[page.IndexOf("<main", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)];
}
