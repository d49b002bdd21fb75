namespace Towpath.Engine.Git;

/// <summary>How git behaves in Towpath's repositories.</summary>
internal static class GitConfig
{
    /// <summary>The largest push, in bytes: 1 GiB.</summary>
    public const long PushAtMost = 1L << 30;

    /// <summary>
    /// Read by every git that Towpath starts, in place of the user's and the system's: the machine's settings must not
    /// change what Towpath does.
    /// </summary>
    public static string Global(string hooksFolder) => $"""
        # Written by Towpath at every start; changes are lost.
        {Kept}
        	# Hooks that somebody puts into a repository never run.
        	hooksPath = {Quoted(hooksFolder)}
        [safe]
        	# The data folder may belong to another user than the one that runs the server, root for example.
        	directory = *
        [http]
        	receivepack = true
        	uploadpack = true
        [receive]
        	advertisePushOptions = true
        	fsckObjects = true
        	maxInputSize = {PushAtMost}
        	autogc = false
        	denyNonFastForwards = false
        	denyDeletes = false
        	denyCurrentBranch = ignore
        	# Always a pack: syncing three files is faster than syncing every object.
        	unpackLimit = 1
        [transfer]
        	fsckObjects = true
        	hideRefs = refs/towpath
        [uploadpack]
        	# A run fetches its commit, whether or not a branch still points to it.
        	allowAnySHA1InWant = true
        	allowFilter = true
        [pack]
        	# One file less to sync in a push.
        	writeReverseIndex = false
        [advice]
        	pushUpdateRejected = false

        """;

    /// <summary>In each repository's own file, so that it holds for a person's git there as well.</summary>
    public static string Repository => $"""
        [core]
        	repositoryformatversion = 0
        	filemode = true
        	bare = true
        {Kept}

        """;

    /// <summary>
    /// Collecting garbage would expire the reflog that says which push moved a ref, and remove commits that runs and
    /// rollbacks still name after a force-push.
    /// </summary>
    private const string Kept = """
        [gc]
        	auto = 0
        	reflogExpire = never
        	reflogExpireUnreachable = never
        	pruneExpire = never
        [maintenance]
        	auto = false
        [core]
        	fsync = all
        	fsyncMethod = fsync
        	logAllRefUpdates = always
        """;

    private static string Quoted(string value) =>
        $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
