namespace Towpath.Router.Measuring;

/// <summary>What became of a request that was sent to an app.</summary>
internal enum Outcome
{
    /// <summary>All of the app's answer was passed on.</summary>
    Answered,

    /// <summary>The app gave no answer, or a part of one.</summary>
    Incomplete,

    /// <summary>The client went away before.</summary>
    Aborted,
}
