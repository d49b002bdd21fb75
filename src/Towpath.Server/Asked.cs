namespace Towpath.Server;

/// <summary>What became of something that a person asked for.</summary>
public enum AskedStatus
{
    Taken,

    /// <summary>There is no such thing.</summary>
    Unknown,

    /// <summary>It is not possible now, or not at all.</summary>
    Refused,

    /// <summary>The request itself makes no sense.</summary>
    Invalid,

    /// <summary>The machinery could not do it, and nothing has changed.</summary>
    Unable,
}

/// <param name="Sentence">Why not, and what to do; empty when it was taken.</param>
/// <param name="Run">The new run, when the request made one.</param>
public readonly record struct Asked(AskedStatus Status, string Sentence = "", int? Run = null)
{
    public static Asked Taken => new(AskedStatus.Taken);

    public static Asked Unknown(string sentence) => new(AskedStatus.Unknown, sentence);

    public static Asked Refused(string sentence) => new(AskedStatus.Refused, sentence);

    public static Asked Invalid(string sentence) => new(AskedStatus.Invalid, sentence);

    public static Asked Unable(string sentence) => new(AskedStatus.Unable, sentence);

    public static Asked NoProject(string project) =>
        Unknown($"There is no project '{project}'; the first push to /git/{project}.git creates it.");

    public static Asked NoRun(string project, int run) => Unknown($"'{project}' has no run {run}; 'towpath runs' lists those it has.");

    public static Asked NoPackage(Core.Runs.RunState run) =>
        Unknown(run.IsOver ? $"Run {run.Number} made no package." : $"Run {run.Number} has no package yet: wait for its end.");

    public static Asked NoEnvironment(string project, string environment) =>
        Unknown($"'{project}' has no environment '{environment}'; 'towpath envs' lists those it has.");

    public static Asked NoAgent(string agent) => Unknown($"No agent '{agent}' is connected; 'towpath agents' lists those that are.");

    public static Asked NoAnalysis(string environment, int deployment) => Unknown(
        $"Deployment {deployment} of '{environment}' gave no version a share of the traffic to be judged by, or it was too long ago.");
}
