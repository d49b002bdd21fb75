namespace Towpath.Core.Pipelines.Language;

/// <summary>What must hold before a deployment starts: each gate is a map with the one key that says which it is.</summary>
internal static class GateKeys
{
    private static Key Within { get; } = new("within", Values.Timeout,
        "How long a deployment waits for it, from when the environments before are done; then it is refused, and says why.")
    {
        Default = "7d",
        Example = "2d",
        Elsewhere = ["timeout", "deadline", "expires"],
    };

    private static KeySet People { get; } = new("approval",
    [
        new("people", new WholeNumberShape(1, 20),
            "How many different people have to approve.")
        {
            Default = "1",
            Example = "2",
            Elsewhere = ["count", "required", "approvals"],
        },
        new("by", new ListShape("person", Values.Person, Most: 100),
            "Who may: names as `towpath` gives them, by default that of the account on the person's machine.")
        {
            DefaultMeans = "everybody",
            Example = "[ann, ben]",
            Elsewhere = ["users", "approvers", "who", "reviewers"],
        },
    ])
    {
        Shorthand = "people",
    };

    private static KeySet Hook { get; } = new("webhook",
    [
        new("url", Values.Url,
            "Where the environment's agent posts its question.")
        {
            Required = true,
            Example = "https://change.example.com/towpath",
            Elsewhere = ["uri", "address", "endpoint"],
        },
        HeaderKeys.Headers,
        new("every", new DurationShape(TimeSpan.FromSeconds(10), TimeSpan.FromDays(1)),
            "How long after an answer that is neither yes nor no it is asked again.")
        {
            Default = "1m",
            Example = "5m",
            Elsewhere = ["interval", "period", "poll"],
        },
        new("overdue", new ChoiceShape(["refuse", "pass"]),
            "What becomes of the deployment when it has said neither yes nor no `within` the time.")
        {
            Default = "refuse",
            Example = "pass",
            Elsewhere = ["onTimeout", "default", "otherwise"],
        },
    ])
    {
        Shorthand = "url",
    };

    public static KeySet Approval { get; } = Of("approval", People,
        "How many people have to say yes: a number, or a map that also says who.", "{ people: 2, by: [ann, ben, eve] }", ["approve", "manual", "review"]);

    public static KeySet Window { get; } = Of("window", new ListShape("window", Values.Window, Most: 20, Least: 1),
        "When it may start: one of these times. Days may be left out (every day), and the zone (UTC).",
        "\"Mon-Thu,Sat 22:00-06:00 Europe/Amsterdam\"", ["windows", "schedule", "hours", "allow"]);

    public static KeySet Freeze { get; } = Of("freeze", new ListShape("freeze", Values.Freeze, Most: 50, Least: 1),
        "When it may not start: from a day, or a day and a time, to another. A last day is meant to its end.",
        "\"2026-12-20 - 2027-01-04 Europe/Amsterdam\"", ["freezes", "block", "blackout", "deny"]);

    public static KeySet Soak { get; } = Of("soak", new DurationShape(TimeSpan.FromSeconds(1), Values.LongestTimeout),
        "How long it must have been live in every environment before. Only in an environment with `after`.", "30m", ["bake", "delay", "wait"]);

    public static KeySet Webhook { get; } = Of("webhook", Hook,
        "An address that is asked, or a map that also says how often.", "https://change.example.com/towpath", ["hook", "http", "external"]);

    public static EitherShape Gate { get; } = new([Approval, Window, Freeze, Soak, Webhook]);

    private static KeySet Of(string name, Shape shape, string description, string example, ValueList<string> elsewhere) => new($"{name} gate",
    [
        new(name, shape, description) { Required = true, Example = example, Elsewhere = elsewhere },
        Within,
    ]);
}
