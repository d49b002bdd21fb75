using System.Security.Cryptography;
using System.Text;

namespace Towpath.Agent;

/// <summary>What a command's files are called.</summary>
public static class CommandFile
{
    // A file's name has at most 255 bytes; some room is left for an ending.
    private const int Longest = 200;

    /// <param name="command">The command's id: <c>shop/runs/7/jobs/test/attempts/1</c>.</param>
    public static string NameOf(string command)
    {
        var name = command.Replace('/', '.');
        // Only letters that no shell and no build tool reads as anything else, as a workspace is called so too.
        if (command.Length is > 0 and <= Longest && command.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '-' or '_'))
            return name;
        var readable = new string([.. name.Take(100).Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_')]);
        return $"{readable}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(command)))[..32]}";
    }
}
