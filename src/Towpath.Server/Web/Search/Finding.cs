namespace Towpath.Server.Web.Search;

/// <summary>Something with a page, as it is listed among what was found.</summary>
/// <param name="Kind"><c>project</c>, <c>environment</c>, <c>run</c>, <c>action</c> or <c>page</c>.</param>
/// <param name="Detail">What tells it from others that are called the same; empty: nothing.</param>
public sealed record Finding(string Kind, string Text, string Detail, string Href);

/// <param name="Query">That was answered.</param>
/// <param name="Answers">The best first.</param>
public sealed record Findings(string Query, IReadOnlyList<Finding> Answers);
