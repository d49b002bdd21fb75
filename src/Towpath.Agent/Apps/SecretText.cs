using System.Text;
using Towpath.Agent.Logs;

namespace Towpath.Agent.Apps;

/// <summary>What is said about secrets, and never of them.</summary>
internal static class SecretText
{
    private const int Shortest = 4;

    public static string Missing(string environment, string name) =>
        $"The secret {name} has no value: `towpath secret set --env {environment} {name}` gives it one.";

    /// <summary>Headers are one line of ASCII.</summary>
    public static string MissingInHeader(string environment, string name) =>
        $"The secret {name} has no value that can be sent in a header: `towpath secret set --env {environment} {name}` gives it one, in one line.";

    /// <summary>Values so short that they stand in every other word are no secrets: masking them would leave no sentence to read.</summary>
    public static string Masked(string text, IEnumerable<string> secrets)
    {
        var mask = new SecretMask(secrets.Where(value => value.Length >= Shortest));
        return Encoding.UTF8.GetString(mask.Apply(Encoding.UTF8.GetBytes(text)));
    }
}
