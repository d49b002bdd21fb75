namespace Towpath.Server.Web.Design;

/// <param name="Href">Null: the page itself.</param>
public sealed record Crumb(string Text, string? Href = null);
