using Towpath.Core.Packages;

namespace Towpath.Engine.Packages;

/// <summary>The store refuses, or does not have, something. The message is one sentence for people.</summary>
public sealed class PackageException : Exception
{
    public PackageException(string message)
        : base(message)
    {
    }

    public PackageException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>Stored bytes are not those that their digest names. They are never used.</summary>
public sealed class DamagedPackageException(Digest digest)
    : IOException($"The stored bytes {digest.Short} are damaged: their digest is another one; run the commit again, or restore a backup.")
{
    public Digest Digest { get; } = digest;
}
