namespace Towpath;

/// <summary>Ends the command with a code and a sentence for stderr that says what to do next.</summary>
internal sealed class ExitException(int code, string sentence) : Exception(sentence)
{
    public int Code => code;

    public static ExitException Usage(string sentence) => new(ExitCode.Usage, sentence);

    public static ExitException Refused(string sentence) => new(ExitCode.Refused, sentence);
}
