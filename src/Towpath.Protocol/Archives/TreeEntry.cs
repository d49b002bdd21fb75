namespace Towpath.Protocol.Archives;

/// <summary>Something in a tree.</summary>
/// <param name="Name">From the root, parts joined by <c>/</c>, none at either end.</param>
public abstract record TreeEntry(string Name);

public sealed record TreeFolder(string Name) : TreeEntry(Name);

/// <param name="Open">Gives the content from its first byte; what follows after <paramref name="Length"/> bytes is not looked at.</param>
public sealed record TreeFile(string Name, long Length, bool Executable, Func<Stream> Open) : TreeEntry(Name);

/// <param name="Target">Relative to the folder the link is in.</param>
public sealed record TreeLink(string Name, string Target) : TreeEntry(Name);
