using System.Globalization;

namespace Towpath.Core;

/// <summary>One history in the journal: a project's (<c>shop</c>), a run's (<c>shop/runs/7</c>) or an environment's (<c>shop/environments/staging</c>).</summary>
public readonly record struct StreamId
{
    private StreamId(string text) => Text = text;

    public string Text { get; }

    public string Project => Text.IndexOf('/', StringComparison.Ordinal) is >= 0 and var end ? Text[..end] : Text;

    /// <summary>The run's number; null for other streams.</summary>
    public int? Run => After("/runs/") is { Length: > 0 } number ? int.Parse(number, CultureInfo.InvariantCulture) : null;

    /// <summary>The environment's name; null for other streams.</summary>
    public string? Environment => After("/environments/") is { Length: > 0 } name ? name.ToString() : null;

    public static StreamId OfProject(string project) => new(project);

    public static StreamId OfRun(string project, int run) => new($"{project}/runs/{run}");

    public static StreamId OfEnvironment(string project, string environment) => new($"{project}/environments/{environment}");

    /// <summary>The stream whose machine has the command in flight: the id of every command begins with it.</summary>
    public static StreamId OfCommand(string commandId)
    {
        var project = commandId.IndexOf('/', StringComparison.Ordinal);
        if (project < 0)
            return new(commandId);
        var kind = commandId.IndexOf('/', project + 1);
        if (kind < 0 || commandId.AsSpan(project, kind + 1 - project) is not ("/runs/" or "/environments/"))
            return new(commandId[..project]);
        var end = commandId.IndexOf('/', kind + 1);
        return new(end < 0 ? commandId : commandId[..end]);
    }

    /// <param name="text">As stored in the journal.</param>
    public static StreamId Parse(string text) => new(text);

    public override string ToString() => Text;

    /// <param name="kind">The second of exactly three parts.</param>
    private ReadOnlySpan<char> After(string kind) =>
        Text.IndexOf(kind, StringComparison.Ordinal) is >= 0 and var at ? Text.AsSpan(at + kind.Length) : default;
}
