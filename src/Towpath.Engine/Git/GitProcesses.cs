using System.Globalization;
using Towpath.Protocol.Processes;

namespace Towpath.Engine.Git;

/// <summary>Ends a git that is no longer wanted, and the gits that it started.</summary>
internal static class GitProcesses
{
    /// <summary>Asked and not killed, git removes its lock files. Killed, it leaves them, and the next one refuses to work.</summary>
    public static void Terminate(int id)
    {
        foreach (var each in Tree(id).ToList())
            Signals.Send(each, Signals.Terminate);
    }

    private static IEnumerable<int> Tree(int id) => Children(id).SelectMany(Tree).Prepend(id);

    private static List<int> Children(int id)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/task/{id}/children"))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(child => int.Parse(child, CultureInfo.InvariantCulture)).ToList();
        }
        catch (IOException)
        {
            return [];
        }
    }
}
