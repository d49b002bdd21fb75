using Towpath.Router.Routes;

namespace Towpath.Router.Splitting;

/// <summary>Which version a request was given to, and why.</summary>
/// <param name="ToCandidate">False for the baseline.</param>
/// <param name="OfTester">It asked for the candidate itself, and says nothing about what others would see.</param>
internal readonly record struct Assignment(ArmModel Arm, bool ToCandidate = false, bool OfTester = false);
