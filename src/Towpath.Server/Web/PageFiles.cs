using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Towpath.Server.Web;

/// <summary>Style, script and icon: they lie in the program itself, and their address changes with their content.</summary>
internal static class PageFiles
{
    private const string Prefix = "Assets/";

    private static readonly Dictionary<string, (byte[] Bytes, string Hash)> Files = Load();

    public static string Version { get; } = typeof(PageFiles).Assembly.GetName().Version?.ToString(3) ?? "";

    public static string Href(string name) => $"/-/assets/{Files[name].Hash}/{name}";

    public static void MapAssets(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/-/assets/{hash}/{name}", Send).ExcludeFromDescription();

    private static IResult Send(HttpContext context, string hash, string name)
    {
        if (!Files.TryGetValue(name, out var file))
            return TypedResults.NotFound();
        context.Response.Headers.CacheControl = hash == file.Hash ? "public, max-age=31536000, immutable" : "no-store";
        return TypedResults.Bytes(file.Bytes, Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        });
    }

    private static Dictionary<string, (byte[] Bytes, string Hash)> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var files = new Dictionary<string, (byte[] Bytes, string Hash)>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            files.Add(name[Prefix.Length..], (bytes, Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]));
        }

        return files;
    }
}
