using System.Text.Json;

namespace Towpath.Core.Pipelines.Init;

/// <summary>What package.json says that matters for a pipeline.</summary>
/// <param name="Manager">npm, yarn, pnpm or bun.</param>
/// <param name="Install">Reproducible where there is a lock file.</param>
/// <param name="Packages">Dependencies of all kinds.</param>
internal sealed record NodeManifest(
    string Manager,
    string Install,
    bool IsLocked,
    OrdinalMap<string> Scripts,
    string? Main,
    ValueList<string> Packages)
{
    /// <summary>Null when there is no package.json at the root that can be read.</summary>
    public static NodeManifest? Of(RepositoryListing listing)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(
                listing.Text("package.json"), new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }

        if (root.ValueKind != JsonValueKind.Object)
            return null;
        var declared = Text(root, "packageManager") ?? "";
        var (manager, install, locked) = Managers(listing, declared);
        return new(
            manager,
            install,
            locked,
            OrdinalMap<string>.From(Texts(root, "scripts")),
            Text(root, "main"),
            Texts(root, "dependencies").Concat(Texts(root, "devDependencies")).Select(pair => pair.Key).Distinct().ToValueList());
    }

    private static (string Manager, string Install, bool Locked) Managers(RepositoryListing listing, string declared)
    {
        var berry = listing.Has(".yarnrc.yml")
            || (declared.StartsWith("yarn@", StringComparison.Ordinal) && !declared.StartsWith("yarn@1", StringComparison.Ordinal));
        return listing switch
        {
            _ when listing.Has("pnpm-lock.yaml") => ("pnpm", "pnpm install --frozen-lockfile", true),
            _ when listing.Has("yarn.lock") => ("yarn", berry ? "yarn install --immutable" : "yarn install --frozen-lockfile", true),
            _ when listing.Has("bun.lock") || listing.Has("bun.lockb") => ("bun", "bun install --frozen-lockfile", true),
            _ when listing.Has("package-lock.json") || listing.Has("npm-shrinkwrap.json") => ("npm", "npm ci", true),
            _ => ("npm", "npm install", false),
        };
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<KeyValuePair<string, string>> Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out var map) && map.ValueKind == JsonValueKind.Object
            ? map.EnumerateObject()
                .Where(property => property.Value.ValueKind == JsonValueKind.String)
                .Select(property => KeyValuePair.Create(property.Name, property.Value.GetString()!))
                .DistinctBy(pair => pair.Key)
            : [];
}
