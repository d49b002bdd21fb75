using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Towpath.Core.Pipelines.Init;

/// <summary>What a proposed file says; <see cref="Text"/> writes it down with its reasons.</summary>
internal sealed record Recipe
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required ValueList<RecipeStep> Steps { get; init; }

    public string? TestReports { get; init; }

    /// <summary>A path in the workspace; null: nothing is packaged, and there are no environments.</summary>
    public string? Package { get; init; }

    public string? Command { get; init; }

    /// <summary>The folder of a static site in the package.</summary>
    public string? Static { get; init; }

    public string? Health { get; init; }

    public bool Listens { get; init; } = true;

    /// <summary>A path that staging must answer with 200; null when none is known.</summary>
    public string? VerifyPath { get; init; }

    /// <summary>What the app must do, and does not seem to.</summary>
    public ValueList<string> AppRemarks { get; init; } = [];

    public required ValueList<string> Guesses { get; init; }

    /// <summary>Whether environments listen on ports.</summary>
    public bool Serves => Package is not null && Listens;

    public string Text(InitPorts ports)
    {
        var text = new StringBuilder("""
            # From commit to production. `towpath check` validates this file, `towpath plan` says what it does,
            # `towpath run` runs its jobs here.

            """.ReplaceLineEndings("\n"));
        Jobs(text);
        if (Package is null)
            return $"{text}\n# Nothing is deployed: add 'package', 'app' and 'environments' when there is something to run.\n";

        text.Append($"\n# What goes to the environments, the same bytes to each.\npackage: {Yaml(Package)}\n");
        App(text);
        Environments(text, ports);
        return text.ToString();
    }

    private void Jobs(StringBuilder text)
    {
        text.Append("\njobs:\n  build:\n    steps:\n");
        foreach (var step in Steps)
        {
            if (step.Remark is { } remark)
                text.Append($"      # {remark}\n");
            text.Append(step.Variable is { } variable
                ? $"      - run: {Yaml(step.Command)}\n        env: {{ {variable.Name}: {Yaml(variable.Value)} }}\n"
                : $"      - {Yaml(step.Command)}\n");
        }

        if (TestReports is not null)
            text.Append($"    # Failed tests are listed with their message.\n    reports: {{ tests: {Yaml(TestReports)} }}\n");
    }

    private void App(StringBuilder text)
    {
        text.Append("\napp:\n");
        foreach (var remark in AppRemarks)
            text.Append($"  # {remark}\n");
        if (Static is not null)
        {
            text.Append($"  static: {Yaml(Static)}\n");
            return;
        }

        text.Append($"  command: {Yaml(Command!)}\n");
        if (Health is not null)
            text.Append($"  health: {Yaml(Health)}\n");
        else if (Listens)
            text.Append("  # health: /healthz   # a path that answers 2xx when the app is well; without it, listening is enough\n");
        else
            text.Append("  ready: alive 10s\n");
    }

    private void Environments(StringBuilder text, InitPorts ports)
    {
        text.Append("\nenvironments:\n");
        if (!Listens)
        {
            text.Append("  staging: {}\n  production:\n    after: staging\n");
            return;
        }

        text.Append($"  staging:\n    listen: {ports.Staging}\n");
        text.Append(VerifyPath is not null
            ? "    # Asked of the new version before it gets any traffic; steps such as ./smoke.sh work here too.\n"
                + $"    verify:\n      - http: {Yaml(VerifyPath)}\n"
            : "    # verify:           # asked of the new version before it gets any traffic; name a path that answers 200\n"
                + "    #   - http: /\n");
        text.Append($"  production:\n    after: staging\n    listen: {ports.Production}\n");
    }

    /// <summary>As it is where YAML reads it as the same text, else in double quotes, which YAML shares with JSON.</summary>
    private static string Yaml(string text)
    {
        var plain = text.Length > 0
            && (char.IsAsciiLetter(text[0]) || text[0] is '.' or '/')
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is ' ' or '.' or '/' or '_' or '-' or '=' or '@' or '+')
            && text[^1] != ' '
            && text is not ("null" or "true" or "false");
        return plain ? text : JsonSerializer.Serialize(text, Readable);
    }
}

/// <param name="Remark">Written above the step, one line.</param>
/// <param name="Variable">For this step alone.</param>
internal sealed record RecipeStep(string Command, string? Remark = null, (string Name, string Value)? Variable = null);
