using System.CommandLine;

namespace Towpath.Verbs;

internal static class DemoVerb
{
    public static Command Create() => new("demo", "");
}
