using System.CommandLine;
using Towpath.Client;
using Towpath.Core.Pipelines;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class PlanVerb
{
    public static Command Create()
    {
        var file = PipelineSource.Argument();
        var branch = new Option<string?>("--branch")
        {
            Description = "A branch that does not deploy [default: the default branch]",
            HelpName = "NAME",
        };
        var command = new Command("plan", "Says what a push would run, package and deploy, and why; runs nothing") { file, branch };
        command.SetAction(async (typed, cancel) =>
        {
            var source = PipelineSource.Read(typed.GetValue(file));
            if (!source.Parse.IsValid)
                return source.SayErrors();
            var other = typed.GetValue(branch);
            var plan = PipelinePlan.For(
                source.Parse.Pipeline, other ?? await DefaultBranchAsync(cancel), isDefaultBranch: other is null, TimeProvider.System.GetUtcNow());
            if (typed.GetValue(CommonOptions.Json))
                JsonText.Write(plan);
            else
                Console.Out.Write(plan.Text);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<string> DefaultBranchAsync(CancellationToken cancel)
    {
        var (code, output, _) = await GitCommand.TryAsync(["symbolic-ref", "--short", "HEAD"], cancel);
        return code == 0 && output.Trim() is { Length: > 0 } name ? name : "main";
    }
}
