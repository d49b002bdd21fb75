using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Towpath.Router.Sites;

internal sealed class SiteFile(string path, long length, string release)
{
    private const long LargestHashed = 16 * 1024 * 1024;

    private static readonly FileExtensionContentTypeProvider Types = new();

    private readonly string _type = TypeOf(path);
    private EntityTagHeaderValue? _tag;

    public async Task ServeAsync(HttpContext context)
    {
        var tag = _tag ??= await MakeTagAsync(context.RequestAborted);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (length == 0)
        {
            // What says that it is empty may be a pipe: it is never opened.
            context.Response.ContentType = _type;
            context.Response.ContentLength = 0;
            return;
        }

        await TypedResults.PhysicalFile(path, _type, entityTag: tag, enableRangeProcessing: true).ExecuteAsync(context);
    }

    public async Task ServeAsNotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        context.Response.ContentType = _type;
        context.Response.ContentLength = length;
        context.Response.Headers.CacheControl = "no-cache";
        if (length > 0 && !HttpMethods.IsHead(context.Request.Method))
            await context.Response.SendFileAsync(path, 0, length, context.RequestAborted);
    }

    /// <summary>
    /// From the content and not from the time of change, which a package does not keep: the same bytes keep their tag
    /// through deployments, other bytes never have it. Large files are not read for it and get a new one with each release.
    /// </summary>
    private async Task<EntityTagHeaderValue> MakeTagAsync(CancellationToken cancellation)
    {
        byte[] hash;
        if (length is 0 or > LargestHashed)
        {
            hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{release} {length}"));
        }
        else
        {
            await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, useAsync: true);
            hash = await SHA256.HashDataAsync(content, cancellation);
        }

        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash.AsSpan(0, 16))}\"");
    }

    private static string TypeOf(string path)
    {
        if (!Types.TryGetContentType(path, out var type))
            return "application/octet-stream";

        return type.StartsWith("text/", StringComparison.Ordinal)
            || type is "application/json" or "application/javascript" or "image/svg+xml"
            ? type + "; charset=utf-8"
            : type;
    }
}
