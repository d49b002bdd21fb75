using System.CommandLine;

namespace Towpath.Verbs;

internal static class RunVerb
{
    public static Command Create() => new("run", "");
}
