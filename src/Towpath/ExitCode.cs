namespace Towpath;

/// <summary>What the command tells scripts when it ends.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The work said no: a run failed, a deployment was taken back, a check did not pass.</summary>
    public const int Failed = 1;

    /// <summary>The command was used wrongly, or a file is invalid.</summary>
    public const int Usage = 2;

    /// <summary>The server, or a program that is needed, could not be reached, or refused.</summary>
    public const int Refused = 3;
}
