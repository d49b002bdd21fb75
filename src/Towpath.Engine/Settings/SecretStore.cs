using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Towpath.Core;
using Towpath.Protocol.Files;

namespace Towpath.Engine.Settings;

/// <summary>A secret cannot be kept. The message is one sentence for people, without any value.</summary>
public sealed class SecretException : Exception
{
    public SecretException(string message)
        : base(message)
    {
    }

    public SecretException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>True when what was asked is to blame, false when it is the disk.</summary>
    public bool IsRefusal => InnerException is null;
}

/// <param name="Values">By name, of those that can be had.</param>
/// <param name="Missing">All others, in order: they have to be set.</param>
/// <param name="Unreadable">Those of the missing that are set, but whose key is gone or whose value was edited.</param>
public sealed record RevealedSecrets(OrdinalMap<string> Values, ValueList<string> Missing, ValueList<string> Unreadable);

/// <summary>
/// The environments' secrets, one small file, encrypted at rest with keys that lie beside it: a copy of the file alone
/// tells nothing but names. Thread-safe.
/// </summary>
public sealed class SecretStore
{
    /// <summary>Of one value, in UTF-8.</summary>
    public const int MaxValueBytes = 64 << 10;
    private const int MaxSecrets = 1000;
    private readonly System.Threading.Lock gate = new();
    private readonly IDataProtector protector;
    private readonly string keys;
    private readonly string path;
    private OrdinalMap<OrdinalMap<string>> places;

    private SecretStore(string keys, string path, OrdinalMap<OrdinalMap<string>> places)
    {
        this.keys = keys;
        this.path = path;
        this.places = places;
        var protection = DataProtectionProvider.Create(new DirectoryInfo(keys), setup => setup.SetApplicationName("towpath"));
        protector = protection.CreateProtector("secrets.v1");
    }

    /// <param name="folder">Where <c>secrets.json</c> and <c>keys/</c> lie; created when it is missing.</param>
    /// <exception cref="SecretException">The file is damaged.</exception>
    public static SecretStore Open(string folder)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var keys = Path.Combine(Path.GetFullPath(folder), "keys");
        var path = Path.Combine(Path.GetFullPath(folder), "secrets.json");
        Directory.CreateDirectory(folder, OwnerOnly);
        Directory.CreateDirectory(keys, OwnerOnly);
        File.SetUnixFileMode(keys, OwnerOnly);
        try
        {
            var places = File.Exists(path)
                ? JsonSerializer.Deserialize<OrdinalMap<OrdinalMap<string>>>(File.ReadAllBytes(path), CoreJson.Options)
                : OrdinalMap<OrdinalMap<string>>.Empty;
            return new(keys, path, places ?? throw new JsonException("null"));
        }
        catch (JsonException e)
        {
            throw new SecretException($"The secrets in {path} are damaged; restore a backup, or delete the file and set them again.", e);
        }
    }

    /// <summary>On disk when it returns.</summary>
    /// <exception cref="SecretException">The value is too large, there are too many, or the disk is full.</exception>
    public void Set(string project, string environment, string name, string value)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(value) > MaxValueBytes)
            throw new SecretException($"The value of {name} is larger than {MaxValueBytes >> 10} KiB, which is the limit for a secret.");
        lock (gate)
        {
            var place = Place(project, environment);
            if (!place.ContainsKey(name) && places.Values.Sum(other => other.Count) >= MaxSecrets)
                throw new SecretException($"There are {MaxSecrets} secrets already, which is the limit; remove some that are not used.");
            var sealedValue = ProtectorOf(project, environment, name).Protect(value);
            SyncKeys();
            Store(places.With(KeyOf(project, environment), place.With(name, sealedValue)));
        }
    }

    /// <returns>False when it was not set.</returns>
    /// <exception cref="SecretException">The disk is full.</exception>
    public bool Remove(string project, string environment, string name)
    {
        lock (gate)
        {
            var place = Place(project, environment);
            if (!place.ContainsKey(name))
                return false;
            var rest = place.Without(name);
            var key = KeyOf(project, environment);
            Store(rest.Count == 0 ? places.Without(key) : places.With(key, rest));
            return true;
        }
    }

    /// <summary>In ordinal order.</summary>
    public ValueList<string> Names(string project, string environment)
    {
        lock (gate)
            return Place(project, environment).Keys.ToValueList();
    }

    /// <summary>Never fails: what cannot be had is named.</summary>
    public RevealedSecrets Reveal(string project, string environment, IEnumerable<string> names)
    {
        OrdinalMap<string> place;
        lock (gate)
            place = Place(project, environment);
        var values = OrdinalMap<string>.Empty;
        var missing = ValueList<string>.Empty;
        var unreadable = ValueList<string>.Empty;
        foreach (var name in names)
        {
            var sealedValue = place.Find(name);
            if (sealedValue is not null && Open(project, environment, name, sealedValue) is { } value)
            {
                values = values.With(name, value);
                continue;
            }

            missing = missing.Add(name);
            if (sealedValue is not null)
                unreadable = unreadable.Add(name);
        }

        return new(values, missing, unreadable);
    }

    /// <summary>Where secrets are set, with their names.</summary>
    public IReadOnlyList<(string Project, string Environment, ValueList<string> Names)> Places()
    {
        lock (gate)
            return [.. places.Select(place => (place.Key.Split('/')[0], place.Key.Split('/', 2)[1], place.Value.Keys.ToValueList()))];
    }

    private static string KeyOf(string project, string environment) => $"{project}/{environment}";

    private OrdinalMap<string> Place(string project, string environment) =>
        places.Find(KeyOf(project, environment)) ?? OrdinalMap<string>.Empty;

    // Bound to its place, so that nobody gets at a value by moving it to an environment of theirs in the file.
    private IDataProtector ProtectorOf(string project, string environment, string name) =>
        protector.CreateProtector(project, environment, name);

    private string? Open(string project, string environment, string name, string sealedValue)
    {
        try
        {
            return ProtectorOf(project, environment, name).Unprotect(sealedValue);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private void Store(OrdinalMap<OrdinalMap<string>> changed)
    {
        try
        {
            DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(changed, CoreJson.Options));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecretException($"The secrets cannot be written: {e.Message}", e);
        }

        places = changed;
    }

    // A key that a power cut takes away takes every value with it, and the framework does not sync what it writes.
    private void SyncKeys()
    {
        foreach (var file in Directory.GetFiles(keys, "*.xml"))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.FlushToDisk(handle);
        }

        DurableFile.SyncFolder(keys);
    }
}
