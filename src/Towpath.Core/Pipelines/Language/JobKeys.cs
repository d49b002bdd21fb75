namespace Towpath.Core.Pipelines.Language;

/// <summary>How work is written: jobs, and the steps that stand in jobs and environments alike.</summary>
public static class JobKeys
{
    internal static NamedShape Variables { get; } = new("variable", Values.VariableName, Values.VariableValue, Most: 200);

    public static KeySet Step { get; } = new("step",
    [
        new("run", Values.Command,
            "The command line. It may have several lines; the first that fails ends the step.")
        {
            Required = true,
            Example = "npm test",
            Elsewhere = ["script", "command", "sh", "bash", "cmd"],
        },
        new("name", Values.Line,
            "What people see in place of the command.")
        {
            DefaultMeans = "the command",
            Example = "unit tests",
            Elsewhere = ["label", "title", "displayName"],
        },
        new("env", Variables,
            "Variables for this step alone.")
        {
            Example = "{ LOG: debug }",
            Elsewhere = ["environment", "variables"],
        },
        new("timeout", Values.Timeout,
            "How long the step may take; then its whole process tree is ended and it has failed.")
        {
            DefaultMeans = "that of the job or the environment",
            Example = "10m",
        },
        new("shell", Values.Program,
            "The shell that runs the command, started as `SHELL -e -c COMMAND`.")
        {
            Default = "sh",
            Example = "bash",
        },
    ])
    {
        Shorthand = "run",
        Later = ["container"],
    };

    public static ListShape Steps(int least) => new("step", Step, Most: 200, Least: least);

    internal static KeySet Reports { get; } = new("reports map",
    [
        new("tests", new ListShape("glob", Values.Glob, Most: 20, Least: 1),
            "Where the job leaves its JUnit or TRX files. Failed tests are listed with their message.")
        {
            Required = true,
            Example = "\"**/*.trx\"",
            Elsewhere = ["junit", "trx"],
        },
    ]);

    public static KeySet Job { get; } = new("job",
    [
        new("steps", Steps(least: 1),
            "The commands, one after the other, in a fresh workspace at the commit.")
        {
            Required = true,
            Example = "[npm ci, npm test]",
            Elsewhere = ["script", "run", "commands", "tasks"],
        },
        new("needs", new ListShape("job", Values.Name, Most: 100),
            "Jobs that must have succeeded before. Their outputs are put into this job's workspace, at the path that they had.")
        {
            Example = "[test]",
            Elsewhere = ["depends_on", "dependencies", "after", "requires"],
        },
        new("outputs", new NamedShape("output", Values.Name, Values.Path, Most: 50),
            "Files or folders of the workspace that later jobs and the package get, by name.")
        {
            Example = "{ shop: out/ }",
            Elsewhere = ["artifacts", "artifact", "archive"],
        },
        new("env", Variables,
            "Variables for all steps of the job.")
        {
            Example = "{ CONFIGURATION: Release }",
            Elsewhere = ["environment", "variables"],
        },
        new("reports", Reports,
            "What the job says about its work beside the log.")
        {
            Example = "{ tests: \"**/*.trx\" }",
        },
        new("retry", new WholeNumberShape(0, 5),
            "How many more attempts a failed or errored one gets.")
        {
            Default = "0",
            Example = "2",
            Elsewhere = ["attempts", "retries"],
        },
        new("timeout", Values.Timeout,
            "How long one attempt may take, waiting for an agent not included.")
        {
            Default = "1h",
            Example = "20m",
        },
    ])
    {
        Later = ["container", "services", "matrix"],
    };
}
