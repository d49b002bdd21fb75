using System.CommandLine;

namespace Towpath.Verbs;

internal static class PlanVerb
{
    public static Command Create() => new("plan", "");
}
