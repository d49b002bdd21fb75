using System.CommandLine;

namespace Towpath.Verbs;

internal static class InitVerb
{
    public static Command Create() => new("init", "");
}
