using Towpath.Core;
using Towpath.Engine.Journal;
using Towpath.Engine.Views;

namespace Towpath.Engine;

/// <summary>What people did, read back from the journal.</summary>
public static class Audit
{
    /// <summary>Events that one look at the journal goes through.</summary>
    private const int Span = 5000;

    /// <summary>Looks at most for a page: where nobody did anything for long, a page ends with what was found.</summary>
    private const int LooksAtMost = 20;

    /// <param name="before">Where the page before this one ended; null: from the newest.</param>
    /// <param name="project">Null: of all.</param>
    /// <exception cref="JournalException">The journal cannot be read, or an event in it is damaged.</exception>
    public static AuditPart Read(IJournal journal, int limit, long? before = null, string? project = null)
    {
        var (views, end) = (new List<AuditView>(), Math.Min(before ?? long.MaxValue, journal.LastSequence + 1));
        for (var look = 0; look < LooksAtMost && end > 1; look++)
        {
            foreach (var entry in journal.ReadBack(end, Span, AuditView.Types, project))
            {
                if (AuditView.Of(StreamId.Parse(entry.Stream), EventJson.Read(entry)) is not { } view)
                    continue;
                // The end of what was canceled came after it, and was met before.
                if (!view.IsEnd)
                    views.RemoveAll(later => later.IsEnd && later.IsOf(view));
                views.Add(view);
                if (views.Count == limit)
                    return new AuditPart(views, view.Sequence > 1 ? view.Sequence : null);
            }

            end -= Span;
        }

        return new AuditPart(views, end > 1 ? end : null);
    }
}
