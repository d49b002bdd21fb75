using System.CommandLine;
using System.CommandLine.Parsing;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Verbs;

/// <summary>Options that every verb takes.</summary>
internal static class CommonOptions
{
    public static Option<string?> Data { get; } = new("--data")
    {
        Description = "The data folder [default: TOWPATH_DATA, else ~/.local/share/towpath]",
        HelpName = "DIR",
        Recursive = true,
    };

    public static Option<string?> Project { get; } = new("--project")
    {
        Description = "The project [default: that of the git remote 'towpath', else the only one]",
        HelpName = "NAME",
        Recursive = true,
    };

    public static Option<bool> Json { get; } = new("--json") { Description = "Write JSON, for scripts", Recursive = true };

    /// <summary>The option of verbs that work on one environment.</summary>
    public static Option<string> Environment() =>
        new("--environment", "--env", "-e") { Description = "The environment", HelpName = "NAME", Required = true };

    public static Option<string?> Reason() => new("--reason") { Description = "Why, for those who read the history", HelpName = "TEXT" };

    /// <summary>How long a wait may take.</summary>
    public static Option<TimeSpan> WaitTimeout() => new("--timeout")
    {
        Description = "Give up after this time [default: 1h]",
        HelpName = "30s|10m|1h",
        DefaultValueFactory = _ => TimeSpan.FromHours(1),
        CustomParser = Duration,
    };

    /// <summary>A file or folder that has to be named: a script's variable that is not set is no name.</summary>
    public static void Named(SymbolResult result)
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
            result.AddError($"{Name(result)} is empty: name a file or a folder");
    }

    private static string Name(SymbolResult result) => result switch
    {
        ArgumentResult argument => argument.Argument.Name,
        OptionResult option => option.Option.Name,
        _ => "a name",
    };

    private static TimeSpan Duration(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (Durations.Read(text) is { } duration && duration > TimeSpan.Zero)
            return duration;
        result.AddError($"'{text}' is no duration: write 90s, 10m or 1h");
        return default;
    }
}
