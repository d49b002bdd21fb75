namespace Towpath.Tests.House;

internal static class Rule
{
    /// <summary>Fails with all violations, one a line.</summary>
    public static void Holds(IEnumerable<string> violations)
    {
        var found = string.Join('\n', violations);
        Assert.True(found.Length == 0, found);
    }
}
