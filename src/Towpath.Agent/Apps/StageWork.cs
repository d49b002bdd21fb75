using Towpath.Agent.Jobs;
using Towpath.Agent.Logs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Agent.Apps;

/// <summary>One stage of a deployment under way: what it is about, and whom it tells.</summary>
internal sealed record StageWork(
    HostParts Parts,
    HostedEnvironment Environment,
    string CommandId,
    ReleasePlan Plan,
    IReadOnlyDictionary<string, string> GivenSecrets,
    LogWriter Log,
    Action<AgentProgress> Progress,
    CancellationToken Cancel)
{
    public static StageEnded Succeeded { get; } = new(Outcome.Succeeded, "");

    public static StageEnded Failed(string reason) => new(Outcome.Failed, reason);

    public static StageEnded Errored(string reason) => new(Outcome.Errored, reason);

    /// <summary>A line in the deployment's log, and at once for whoever watches.</summary>
    public void Say(string text)
    {
        Log.Say(text);
        Progress(new StageNote(Masked(text)));
    }

    /// <summary>A reason goes into the journal and onto pages, and an app's last words may hold what it was given.</summary>
    public StageEnded Masked(StageEnded ended) => ended with
    {
        Reason = Masked(ended.Reason),
        Samples = ended.Samples.Select(sample => sample with { Problem = Masked(sample.Problem) }).ToValueList(),
    };

    /// <summary>The secrets that the environment names. Null with the end of the stage when one has no value.</summary>
    public (OrdinalMap<string>? Secrets, StageEnded? Ended) Secrets()
    {
        var (named, missing) = ReleaseEnvironment.Secrets(Plan.Definition, GivenSecrets);
        return missing is null
            ? (OrdinalMap<string>.From(named), null)
            : (null, Failed(SecretText.Missing(Plan.Environment, missing)));
    }

    /// <summary>Runs a step of the environment in the deploy layer.</summary>
    /// <param name="about">Beside what every process of the release finds.</param>
    public Task<StepResult> RunAsync(
        StepDefinition step, ReleaseFolder folder, IReadOnlyDictionary<string, string> secrets, IReadOnlyDictionary<string, string> about)
    {
        var environment = ReleaseEnvironment.Of(Plan, secrets, Environment.Home);
        environment["TOWPATH_PACKAGE"] = folder.App;
        foreach (var (name, value) in about)
            environment[name] = value;
        Say($"$ {step.Name}");
        // The environment's own commands change the machine as its apps do: what the sandbox keeps from them is Towpath's data.
        string[] writable = ["/", folder.Deploy, folder.App, Environment.Home];
        var surroundings = new StepSurroundings(folder.Deploy, environment, writable, CommandId);
        return Parts.Options.Steps.RunAsync(step, surroundings, Log, Cancel);
    }

    /// <summary>The end of a stage whose step did not succeed; null when it did.</summary>
    /// <param name="kind">What the step is to its environment: <c>before</c>.</param>
    public StageEnded? EndOf(StepResult result, string kind)
    {
        Cancel.ThrowIfCancellationRequested();
        var reason = result.Reason.TrimEnd('.');
        return result.Status switch
        {
            StepStatus.Succeeded => null,
            StepStatus.Errored => Errored($"{kind} could not be run: {reason}."),
            _ => Failed($"{kind} failed: {reason}."),
        };
    }

    private string Masked(string text) => SecretText.Masked(text, GivenSecrets.Values);
}
