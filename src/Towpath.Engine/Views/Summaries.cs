using System.Diagnostics;
using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;

namespace Towpath.Engine.Views;

/// <summary>What lists show of a stream, written with its events so that a list never replays anything.</summary>
internal static class Summaries
{
    public static string Of(MachineState state, DateTimeOffset now) => state switch
    {
        ProjectState project => JsonSerializer.Serialize(ProjectView.Of(project), CoreJson.Options),
        RunState run => JsonSerializer.Serialize(RunView.Row(run) with { Tests = null }, CoreJson.Options),
        // Lists ask the machine: what waits there changes with the time.
        EnvironmentState => "{}",
        _ => throw new UnreachableException(),
    };
}
