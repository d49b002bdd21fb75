namespace Towpath.Tests.Server;

/// <summary>Commits that tests push.</summary>
internal static class Commits
{
    public const string First = "1111111111111111111111111111111111111111";
    public const string Second = "2222222222222222222222222222222222222222";
    public const string Third = "3333333333333333333333333333333333333333";
}
