namespace Towpath.Engine.Backups;

/// <summary>Where things lie in a data folder; members of a backup are named by the same paths.</summary>
public sealed record BackupPlaces(string Data)
{
    public const string JournalName = "server/journal.db";
    public const string SecretsName = "server/secrets.json";
    public const string TokenName = "server/token";
    public const string KeysPrefix = "server/keys/";
    public const string LogsPrefix = "server/logs/";
    public const string GitPrefix = "git/";
    public const string IndexName = "store/index.json";
    public const string BlobsPrefix = "store/blobs/sha256/";

    public string Server => Path.Combine(Data, "server");

    public string Logs => Path.Combine(Server, "logs");

    public string Git => Path.Combine(Data, "git");

    public string Store => Path.Combine(Data, "store");

    public string Of(string member) => Path.Combine(Data, member);

    public string NameOf(string path) => Path.GetRelativePath(Data, path);

    /// <summary>Nothing outside of the folder, and nothing that no backup holds.</summary>
    public static bool IsMember(string name) =>
        name.Split('/').All(part => part.Length > 0 && part is not ("." or ".."))
        && !name.Contains('\0', StringComparison.Ordinal)
        && (name is JournalName or SecretsName or TokenName or IndexName
            || ((string[])[KeysPrefix, LogsPrefix, GitPrefix, BlobsPrefix]).Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
}
