namespace Towpath.Router.Replacement;

/// <param name="Complete">Ends when no router from before this one carries requests any more.</param>
internal sealed record Succession(Task Complete);
