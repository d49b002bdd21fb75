namespace Towpath.Router.Routes;

/// <summary>The routes belong to another process by now.</summary>
internal sealed class HandedOverException() : Exception("This router has just been replaced by another one: ask again.");
