using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Towpath.Engine.Retention;
using Towpath.Server;

namespace Towpath.Verbs;

/// <summary>Options of the server that 'up' hands on to it: what is kept, and how much of the disk stays free.</summary>
internal sealed class ServerLimits
{
    private readonly Option<int> runs = Number("--keep-runs", "N", new RetentionRules().Runs, "Keep package and logs of the newest N runs of each project");
    private readonly Option<int> days = Number("--keep-days", "N", new RetentionRules().Days, "Keep those of runs that ended in the last N days");

    private readonly Option<int?> free = new("--min-free")
    {
        Description = "Refuse pushes and uploads with less free room on the disk, in MiB [default: 64, on a small disk 1 %]",
        HelpName = "MIB",
        CustomParser = result => Parse(result),
    };

    public void AddTo(Command command)
    {
        command.Options.Add(runs);
        command.Options.Add(days);
        command.Options.Add(free);
    }

    public ServerSettings Apply(ParseResult typed, ServerSettings settings) => settings with
    {
        Retention = new RetentionRules(typed.GetValue(runs), typed.GetValue(days)),
        LeastFree = typed.GetValue(free) is { } mebibytes ? (long)mebibytes << 20 : null,
    };

    /// <summary>As they are typed.</summary>
    public string[] Arguments(ParseResult typed) =>
    [
        runs.Name, typed.GetValue(runs).ToString(CultureInfo.InvariantCulture),
        days.Name, typed.GetValue(days).ToString(CultureInfo.InvariantCulture),
        .. typed.GetValue(free) is { } mebibytes ? (string[])[free.Name, mebibytes.ToString(CultureInfo.InvariantCulture)] : [],
    ];

    private static Option<int> Number(string name, string help, int otherwise, string description) => new(name)
    {
        Description = $"{description} [default: {otherwise}]",
        HelpName = help,
        DefaultValueFactory = _ => otherwise,
        CustomParser = Parse,
    };

    private static int Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= 100_000)
            return number;
        result.AddError($"'{text}' is no number from 0 to 100000");
        return 0;
    }
}
