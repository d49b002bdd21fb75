using System.CommandLine;

namespace Towpath.Verbs;

internal static class CheckVerb
{
    public static Command Create() => new("check", "");
}
