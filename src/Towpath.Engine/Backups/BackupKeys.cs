using System.Text.Json;
using Towpath.Core;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Backups;

/// <summary>What opens a server: the keys to its secrets and its token. Kept apart from a backup unless somebody wants them in it.</summary>
/// <param name="Files">Path below the data folder to content.</param>
public sealed record BackupKeys(Dictionary<string, byte[]> Files)
{
    private const int FilesAtMost = 1000;

    public static BackupKeys Read(BackupPlaces places)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var keys = places.Of(BackupPlaces.KeysPrefix);
        foreach (var file in Directory.Exists(keys) ? Directory.GetFiles(keys, "*.xml") : [])
            files[BackupPlaces.KeysPrefix + Path.GetFileName(file)] = File.ReadAllBytes(file);
        var token = places.Of(BackupPlaces.TokenName);
        if (File.Exists(token))
            files[BackupPlaces.TokenName] = File.ReadAllBytes(token);
        return new BackupKeys(files);
    }

    /// <exception cref="BackupException">The file is no key file.</exception>
    public static BackupKeys Open(string file)
    {
        try
        {
            var keys = JsonSerializer.Deserialize<BackupKeys>(File.ReadAllBytes(file), CoreJson.Options);
            return keys?.Files is { Count: > 0 and <= FilesAtMost } files && files.Keys.All(IsKey)
                ? keys
                : throw new BackupException($"{file} is no file of keys: it is what 'towpath backup --keys' wrote.");
        }
        catch (JsonException e)
        {
            throw new BackupException($"{file} is no file of keys, or is damaged: it is what 'towpath backup --keys' wrote.", e);
        }
    }

    /// <summary>Only its owner can read it.</summary>
    public void WriteTo(string file) => DurableFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(this, CoreJson.Options));

    internal void PutInto(BackupPlaces places)
    {
        foreach (var (name, content) in Files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(places.Of(name))!);
            DurableFile.Write(places.Of(name), content);
        }
    }

    private static bool IsKey(string name) =>
        BackupPlaces.IsMember(name) && (name == BackupPlaces.TokenName || name.StartsWith(BackupPlaces.KeysPrefix, StringComparison.Ordinal));
}
