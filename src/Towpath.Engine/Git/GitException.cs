namespace Towpath.Engine.Git;

/// <summary>Git is missing, too old, or could not do what it was asked. The message is for people.</summary>
public sealed class GitException(string message) : Exception(message);
