using System.CommandLine;
using Towpath.Core.Pipelines;
using Towpath.Output;

namespace Towpath.Verbs;

internal static class CheckVerb
{
    public static Command Create()
    {
        var file = PipelineSource.Argument();
        var command = new Command("check", "Says whether the pipeline file is valid, and what to change") { file };
        command.SetAction(typed =>
        {
            var source = PipelineSource.Read(typed.GetValue(file));
            if (typed.GetValue(CommonOptions.Json))
                JsonText.Write(new { file = source.File, valid = source.Parse.IsValid, errors = source.Parse.Errors });
            if (!source.Parse.IsValid)
                return source.SayErrors();
            if (!typed.GetValue(CommonOptions.Json))
                Terminal.Line($"[green]✓[/] {Terminal.Text(source.File)} is valid: {What(source.Parse.Pipeline)}.");
            return ExitCode.Done;
        });
        return command;
    }

    private static string What(Pipeline pipeline) =>
        $"{Count(pipeline.Jobs.Count, "job")}, {Count(pipeline.Environments.Count, "environment")}";

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
