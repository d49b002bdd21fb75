namespace Towpath.Core.Pipelines.Language;

/// <summary>The kinds of single values that the pipeline file knows.</summary>
internal static class Values
{
    public static TextShape Name { get; } = new(
        "name",
        "made of lower-case letters, digits, '-' and '_', beginning with a letter or a digit, at most 63 of them",
        "[a-z0-9][a-z0-9_-]{0,62}") { MaxLength = 63 };

    public static TimeSpan LongestTimeout { get; } = TimeSpan.FromDays(7);

    public static DurationShape Timeout { get; } = new(TimeSpan.FromSeconds(1), LongestTimeout);

    public static TextShape Line { get; } = new("text", "one line of text, at most 200 characters", "[^\r\n]+") { MaxLength = 200 };

    public static TextShape Command { get; } = new("command", "a command line") { MaxLength = 100_000, Objection = Blank };

    public static TextShape Program { get; } = new("program", "a program such as sh or bash", "[A-Za-z0-9_./+-]+") { MaxLength = 200 };

    public static TextShape AgentName { get; } = new(
        "agent",
        "an agent's name: letters, digits, '.', '-' and '_', at most 63 of them",
        "[A-Za-z0-9][A-Za-z0-9._-]{0,62}") { MaxLength = 63 };

    public static TextShape Path { get; } = new(
        "path",
        "a path in the workspace",
        "[^\r\n\\\\]+") { MaxLength = 1_000, Objection = Inside };

    public static TextShape PackageSource { get; } = Path with
    {
        Name = "JOB.OUTPUT or path",
        Expectation = "a job's output, written JOB.OUTPUT, or a path in the workspace",
    };

    public static TextShape Glob { get; } = Path with { Name = "glob", Expectation = "a glob in the workspace, such as \"**/*.trx\"" };

    public static TextShape UrlPath { get; } = new(
        "URL path",
        "a path that begins with '/', such as /healthz",
        "/[^ \r\n\t#]*") { MaxLength = 1_000 };

    public static TextShape Address { get; } = new(
        "address",
        "a port from 1 to 65535, or HOST:PORT with an IP address or localhost, such as 8080 or 0.0.0.0:80",
        @"(([0-9.]+|localhost|\[[0-9A-Fa-f:.]+\]):)?[0-9]{1,5}") { LooksLikeOthers = true, Objection = Addresses.Objection };

    public static TextShape Share { get; } = new(
        "percentage",
        "a percentage above 0% and below 100%, such as 5% or 0.5%",
        @"[0-9]{1,2}(\.[0-9]{1,2})?%")
    {
        Objection = text => text.AsSpan(0, text.Length - 1).Trim("0.").IsEmpty ? "is nothing at all: it must be above 0%" : null,
    };

    public static TextShape Condition { get; } = new(
        "condition",
        "<, <=, > or >= and a number, a percentage or so many times the live version's value, such as \"> 5%\", \"<= 250\" or \"> 1.5x\"",
        @"(<|<=|>|>=) *-?[0-9]{1,15}(\.[0-9]{1,9})?(%|x)?") { MaxLength = 40 };

    public static TextShape JsonPath { get; } = new(
        "JSON path", "a path to a number in JSON, such as $.latency.p95 or $.items[0]", @"\$(\.[A-Za-z0-9_-]+|\[[0-9]{1,6}\])*") { MaxLength = 200 };

    public static TextShape Cron { get; } = new(
        "cron expression",
        "a cron expression of five fields, such as \"0 3 * * *\"",
        "[A-Za-z0-9@*/,?#_ \t-]+") { MaxLength = 200, Objection = Calendar.CronObjection };

    public static TextShape Zone { get; } = new(
        "time zone",
        "a time zone such as Europe/Amsterdam, America/New_York or UTC",
        "[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}") { MaxLength = 60, Objection = Calendar.ZoneObjection };

    public static TextShape Window { get; } = new(
        "window",
        "days, hours and a time zone, such as \"Mon-Fri 08:00-18:00 Europe/Amsterdam\"",
        "[^\r\n]+") { MaxLength = 200, Objection = text => Pipelines.Window.TryRead(text, out _, out var problem) ? null : problem };

    public static TextShape Freeze { get; } = new(
        "freeze",
        "a first and a last day and a time zone, such as \"2026-12-20 - 2027-01-04 Europe/Amsterdam\"",
        "[^\r\n]+") { MaxLength = 200, Objection = text => FreezePeriod.TryRead(text, out _, out var problem) ? null : problem };

    public static TextShape Person { get; } = new(
        "person", "a person's name: one line, at most 64 characters", "[^\r\n\t]+") { MaxLength = 64 };

    public static TextShape Url { get; } = new(
        "URL", "an address that begins with https:// or http://", "https?://[^ \r\n\t]+")
    {
        MaxLength = 1_000,
        Objection = text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Host.Length: > 0, UserInfo.Length: 0 }
            ? null
            : "is no address that can be asked: write https://HOST/PATH, without a name and a password",
    };

    /// <summary>As the router takes it; of headers the same is asked as of cookies.</summary>
    public static TextShape MarkName { get; } = new(
        "name", "made of letters, digits, '-' and '_'", "[A-Za-z0-9_-]+")
    {
        MaxLength = 256,
        Objection = text => text.StartsWith("towpath-", StringComparison.OrdinalIgnoreCase)
            ? "begins with towpath-, as the router's own do: choose another name"
            : null,
    };

    public static TextShape MarkValue { get; } = new(
        "value", "visible ASCII characters without ',' and ';'", "[!-+--:<-~]+") { MaxLength = 256 };

    public static TextShape Ready { get; } = new(
        "alive DURATION",
        "'alive' and a duration, such as alive 10s",
        "alive [0-9dhms]+")
    {
        Objection = text => Durations.Read(text["alive ".Length..]) is null
            ? "must name a duration after 'alive', such as alive 10s"
            : null,
    };

    public static TextShape VariableName { get; } = new(
        "variable",
        "made of letters, digits and '_', not beginning with a digit",
        "[A-Za-z_][A-Za-z0-9_]*")
    {
        MaxLength = 200,
        Objection = text => text.StartsWith("TOWPATH_", StringComparison.OrdinalIgnoreCase)
            ? "begins with TOWPATH_, which Towpath sets itself: choose another name"
            : null,
    };

    /// <summary>What apps get from Towpath cannot be given by the file.</summary>
    public static TextShape AppVariableName { get; } = VariableName with
    {
        Objection = text => text is "PORT" or "HOST" or "ASPNETCORE_URLS"
            ? "is set by Towpath to where the app must listen: take it out, and say the public port with 'listen'"
            : VariableName.Objection!(text),
    };

    public static TextShape VariableValue { get; } =
        new("text", "a text, a number or a flag") { MaxLength = 32_000, LooksLikeOthers = true };

    private static string? Blank(string text) => string.IsNullOrWhiteSpace(text) ? "is blank: write the command" : null;

    private static string? Inside(string text) =>
        text.StartsWith('/') || text.StartsWith('~') || text.Split('/').Contains("..")
            ? "must lie in the workspace: write it relative to the workspace's root, without '..'"
            : null;
}
