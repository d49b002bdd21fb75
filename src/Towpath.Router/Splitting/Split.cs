using Microsoft.AspNetCore.Http;

namespace Towpath.Router.Splitting;

/// <summary>Decides which requests are the candidate's: by blocks, or by client. Asked by many requests at once.</summary>
internal abstract class Split
{
    /// <summary>The whole of the traffic, in the unit of a share.</summary>
    public const int Whole = 10_000;

    /// <summary>True for the candidate. May set a cookie on the response.</summary>
    public abstract bool IsCandidates(HttpContext context);
}
