using Towpath.Verbs;

namespace Towpath;

internal static class Program
{
    private static Task<int> Main(string[] args) => CommandLine.RunAsync(TowpathCommand.Create(), args);
}
