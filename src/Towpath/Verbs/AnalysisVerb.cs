using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Towpath.Client;
using Towpath.Core.Environments;
using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Language;
using Towpath.Engine.Views;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class AnalysisVerb
{
    public static Command Create() => new("analysis", "Explains what the judge of a canary saw, and judges it again with other settings")
    {
        Show(),
        Replay(),
    };

    private static Command Show()
    {
        var command = new Command("show", "Shows a canary's verdict, and the figures that it rests on");
        var which = new Which(command);
        ClientVerb.Set(command, async verb => await verb.ShowAsync<AnalysisView>(
            await which.PathAsync(verb), analysis => AnalysisText.Write(verb.Typed.GetRequiredValue(which.Environment), analysis)));
        return command;
    }

    private static Command Replay()
    {
        var command = new Command("replay", "Judges a canary's measurements again: where would the verdict have come with other settings?");
        var which = new Which(command);
        var alpha = new Option<double?>("--alpha")
        {
            Description = "The chance that a version which is no worse is taken back",
            HelpName = "5%",
            CustomParser = Share,
        };
        var judge = new Option<string?>("--judge") { Description = "Who judges" };
        judge.AcceptOnlyFromAmong("sequential", "threshold", "kayenta");
        var dwell = new Option<TimeSpan?>("--dwell") { Description = "The least time at each step", HelpName = "30s|5m", CustomParser = Duration };
        command.Add(alpha);
        command.Add(judge);
        command.Add(dwell);
        ClientVerb.Set(command, async verb =>
        {
            var other = new ReplaySettings(
                verb.Typed.GetValue(judge) is { } word ? Enum.Parse<JudgeKind>(word, ignoreCase: true) : null, verb.Typed.GetValue(alpha), verb.Typed.GetValue(dwell));
            var record = (await verb.Client.GetAsync<AnalysisView>(await which.PathAsync(verb), verb.Cancel)).Record;
            var (before, after) = (CanaryReplay.Outcome(record), CanaryReplay.Outcome(record, other));
            if (verb.WantsJson)
                JsonText.Write(new { AsItWas = ReplayText.View(record, before), AsAsked = ReplayText.View(record, after) });
            else
                ReplayText.Write(record, other, before, after);
            return ExitCode.Done;
        });
        return command;
    }

    private static double? Share(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        var isPercentage = text.EndsWith('%');
        if (double.TryParse(text.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            var share = isPercentage ? number / 100 : number;
            if (share is > 0 and < 1)
                return share;
        }

        result.AddError($"'{text}' is no share above 0 and below 1: write 5% or 0.05");
        return null;
    }

    private static TimeSpan? Duration(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        if (Durations.Read(text) is { } duration && duration > TimeSpan.Zero)
            return duration;
        result.AddError($"'{text}' is no duration: write 90s, 10m or 1h");
        return null;
    }

    /// <summary>Which deployment is meant: the newest that was a canary, unless it is said.</summary>
    private sealed class Which
    {
        private readonly Option<int> run = ClientVerb.RunOption(required: false);
        private readonly Option<int?> deployment = new("--deployment") { Description = "The deployment's number", HelpName = "N" };

        public Which(Command command)
        {
            command.Add(Environment);
            command.Add(run);
            command.Add(deployment);
        }

        public Option<string> Environment { get; } = CommonOptions.Environment();

        public async Task<string> PathAsync(ClientVerb verb)
        {
            var name = verb.Typed.GetRequiredValue(Environment);
            return await verb.PathAsync("environments", name, "deployments", verb.Typed.GetValue(deployment) ?? await FindAsync(verb, name), "analysis");
        }

        private async Task<int> FindAsync(ClientVerb verb, string name)
        {
            var view = await verb.Client.GetAsync<EnvironmentView>(await verb.PathAsync("environments", name), verb.Cancel);
            var wanted = verb.Typed.GetValue(run);
            return view.History.Append(view.Deployment).OfType<DeploymentView>()
                .Where(one => one.Analysed && (wanted == 0 || one.Run == wanted)).Select(one => (int?)one.Number).Max()
                ?? throw new ExitException(ExitCode.Refused, wanted == 0
                    ? $"No deployment to '{name}' gave its version a share of the traffic to be judged by: 'rollout' in the pipeline file asks for it."
                    : $"No deployment of run {wanted} to '{name}' gave its version a share of the traffic to be judged by.");
        }
    }
}
