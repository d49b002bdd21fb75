namespace Towpath.Core;

/// <summary>One history in the journal: a project's (<c>shop</c>), a run's (<c>shop/runs/7</c>) or an environment's (<c>shop/environments/staging</c>).</summary>
public readonly record struct StreamId
{
    private StreamId(string text) => Text = text;

    public string Text { get; }

    public string Project => Text.Split('/')[0];

    /// <summary>The run's number; null for other streams.</summary>
    public int? Run => Text.Split('/') is [_, "runs", var number] ? int.Parse(number, null) : null;

    /// <summary>The environment's name; null for other streams.</summary>
    public string? Environment => Text.Split('/') is [_, "environments", var name] ? name : null;

    public static StreamId OfProject(string project) => new(project);

    public static StreamId OfRun(string project, int run) => new($"{project}/runs/{run}");

    public static StreamId OfEnvironment(string project, string environment) => new($"{project}/environments/{environment}");

    /// <summary>The stream whose machine has the command in flight: the id of every command begins with it.</summary>
    public static StreamId OfCommand(string commandId) =>
        commandId.Split('/', 4) is [var project, ("runs" or "environments") and var kind, var name, ..] ? new($"{project}/{kind}/{name}") : new(commandId.Split('/')[0]);

    /// <param name="text">As stored in the journal.</param>
    public static StreamId Parse(string text) => new(text);

    public override string ToString() => Text;
}
