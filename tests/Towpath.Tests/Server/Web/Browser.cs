using System.Net;

namespace Towpath.Tests.Server.Web;

/// <summary>A browser that is signed in, and runs no script.</summary>
internal static class Browser
{
    public static HttpClient Of(RunningServer server)
    {
        var browser = server.NewClient();
        browser.DefaultRequestHeaders.Authorization = server.Client.DefaultRequestHeaders.Authorization;
        browser.DefaultRequestHeaders.Add("Accept", "text/html");
        return browser;
    }

    /// <summary>The page as it was sent.</summary>
    public static async Task<string> ReadAsync(RunningServer server, string path)
    {
        using var browser = Of(server);
        using var response = await browser.GetAsync(path, RunningServer.Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
        return await response.Content.ReadAsStringAsync(RunningServer.Cancel);
    }

    /// <summary>The page with its entities decoded.</summary>
    public static async Task<string> TextAsync(RunningServer server, string path) => WebUtility.HtmlDecode(await ReadAsync(server, path));

    public static async Task<HttpResponseMessage> SendAsync(RunningServer server, string path, params (string Name, string Value)[] fields)
    {
        using var browser = Of(server);
        return await browser.PostAsync(
            path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), RunningServer.Cancel);
    }
}
