using System.Diagnostics;
using System.Globalization;
using System.Text;
using Towpath.Core.Pipelines.Language;

namespace Towpath.Core.Pipelines;

/// <summary>What a push would do, and why: which jobs run, what is packaged, where it goes. Nothing is started to find out.</summary>
/// <param name="Branch">Without <c>refs/heads/</c>.</param>
/// <param name="Jobs">In an order in which they could run one by one.</param>
/// <param name="Package">A line for each part; empty when nothing is packaged.</param>
/// <param name="Environments">In the order in which they are reached; empty when nothing is deployed.</param>
/// <param name="Remark">Why nothing is packaged or deployed; else empty.</param>
public sealed record PipelinePlan(
    string Branch,
    ValueList<PlannedJob> Jobs,
    ValueList<string> Package,
    ValueList<PlannedEnvironment> Environments,
    string Remark)
{
    /// <summary>As in the file; empty for a branch that does not deploy.</summary>
    public ValueList<PlannedSchedule> Schedules { get; init; } = [];

    /// <param name="isDefaultBranch">Only pushes to the default branch deploy, and only its schedules start runs.</param>
    public static PipelinePlan For(Pipeline pipeline, string branch, bool isDefaultBranch, DateTimeOffset now)
    {
        var remark = (pipeline.Package, pipeline.Environments, isDefaultBranch) switch
        {
            ({ }, { Count: > 0 }, true) => "",
            (null, { Count: > 0 }, _) => "The file makes no package: `towpath packages push` brings one that another CI built.",
            (null, _, _) => "The file has no 'package': the run ends with its jobs.",
            (_, { Count: 0 }, _) => "The file has no 'environments': the package is kept and goes nowhere.",
            _ => "Only pushes to the default branch deploy: the package is kept and goes nowhere.",
        };
        var package = pipeline.Package?.Parts.Select(part => Part(pipeline, part)) ?? [];
        var environments = remark.Length > 0
            ? []
            : pipeline.Environments.Select(environment => PlannedEnvironment.Of(pipeline, environment));
        var schedules = isDefaultBranch ? pipeline.Schedules.Select(schedule => PlannedSchedule.Of(schedule, now)) : [];
        return new(branch, pipeline.Jobs.Select(PlannedJob.Of).ToValueList(), package.ToValueList(), environments.ToValueList(), remark)
        {
            Schedules = schedules.ToValueList(),
        };
    }

    /// <summary>For a terminal, each line ending with a line feed.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder($"A push to {Branch} would\n");
            if (Jobs.Count > 0)
                Section(text, "run", Jobs.Select(job => ($"{job.Name}, {job.Why}", job.Steps)));
            if (Package.Count > 0)
                Section(text, "package", Package.Select(part => (part, ValueList<string>.Empty)));
            if (Environments.Count > 0)
                Section(text, "deploy to", Environments.Select(each => ($"{each.Name}, {each.Why}", each.Steps)));
            if (Schedules.Count > 0)
                Section(text, "run again by schedule", Schedules.Select(each => (each.Name, each.Next.Select(Clock).ToValueList())));
            if (Remark.Length > 0)
                text.Append('\n').Append(Remark).Append('\n');
            return text.ToString();
        }
    }

    private static void Section(StringBuilder text, string heading, IEnumerable<(string Title, ValueList<string> Steps)> items)
    {
        text.Append($"\n  {heading}\n");
        foreach (var (title, steps) in items)
        {
            text.Append($"    {title}\n");
            foreach (var step in steps)
                text.Append($"      - {step}\n");
        }
    }

    private static string Clock(DateTimeOffset at) => at.ToString("ddd yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);

    private static string Part(Pipeline pipeline, PackagePart part)
    {
        var path = pipeline.Jobs.First(job => job.Name == part.Job).Outputs[part.Output];
        var what = path == "." ? "the whole workspace" : path;
        return part.Name.Length == 0 ? $"{what} of {part.Job}" : $"{what} of {part.Job}, as {part.Name}/";
    }
}

/// <param name="Next">The next three times, with the zone's offset.</param>
public sealed record PlannedSchedule(string Name, ValueList<DateTimeOffset> Next)
{
    private const int TimesShown = 3;

    internal static PlannedSchedule Of(Schedule schedule, DateTimeOffset now)
    {
        var next = new List<DateTimeOffset>();
        for (var time = now; next.Count < TimesShown && Calendar.Next(schedule, time, out _) is { } following; time = following)
            next.Add(following);
        return new(schedule.ToString(), next.ToValueList());
    }
}

/// <param name="Why">When it starts: <c>when test has succeeded</c>.</param>
/// <param name="Steps">What people call them.</param>
public sealed record PlannedJob(string Name, string Why, ValueList<string> Steps)
{
    internal static PlannedJob Of(JobDefinition job) => new(
        job.Name,
        job.Needs.Count == 0 ? "at once" : $"when {PlannedEnvironment.And(job.Needs)} {(job.Needs.Count == 1 ? "has" : "have")} succeeded",
        job.Steps.Select(step => step.Name).ToValueList());
}

/// <param name="Why">When a package is offered to it.</param>
/// <param name="Steps">What a deployment does, in order.</param>
public sealed record PlannedEnvironment(string Name, string Why, ValueList<string> Steps)
{
    public static PlannedEnvironment Of(Pipeline pipeline, EnvironmentDefinition environment) => new(
        environment.Name,
        environment.After.Count == 0 ? "as soon as the package is stored" : $"when the package has become live in {And(environment.After)}",
        environment.Gates.Select(Gate).Concat(environment.Target switch
        {
            CommandTarget command => [command.Deploy.Name, .. environment.Verify.Select(Verify), Undo(command)],
            AppsTarget apps => Apps(pipeline, environment, apps),
            _ => throw new UnreachableException(),
        }).ToValueList());

    /// <summary><c>a, b and c</c>; empty for none.</summary>
    public static string And(IReadOnlyList<string> names) =>
        names.Count < 2 ? string.Concat(names) : $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]}";

    private static string Gate(GateDefinition gate)
    {
        var what = gate switch
        {
            ApprovalGate { People: 1 } one => $"somebody approves it{By(one)}",
            ApprovalGate approval => $"{approval.People} people approve it{By(approval)}",
            WindowGate window => $"it is {window.Words}",
            FreezeGate freeze => $"it is not {string.Join(" nor ", freeze.Periods.Select(each => each.ToString()))}",
            SoakGate soak => $"it has been live for {Durations.Text(soak.Time)} in every environment before",
            WebhookGate webhook => $"{webhook.Url} says yes",
            _ => throw new UnreachableException(),
        };
        var otherwise = gate is WebhookGate { PassesWhenOverdue: true } ? "else it goes on" : "else it is refused";
        return $"wait until {what}, for {Durations.Text(gate.Within)} at most ({otherwise})";
    }

    private static string By(ApprovalGate gate) => gate.By.Count == 0 ? "" : $", of {string.Join(", ", gate.By)}";

    private static IEnumerable<string> Apps(Pipeline pipeline, EnvironmentDefinition environment, AppsTarget target)
    {
        if (environment.Migrations?.Expand is { } expand)
            yield return $"expand: {expand.Name}";
        foreach (var step in environment.Before)
            yield return $"before: {step.Name}";
        var processes = pipeline.Apps.OfType<ProcessApp>().ToList();
        foreach (var app in processes.Where(app => app.Overlap))
            yield return Start(app, target.Listen.ContainsKey(app.Name));
        foreach (var check in environment.Verify)
            yield return Verify(check);
        if (environment.Rollout is { } rollout)
            yield return Canary(rollout);
        foreach (var (app, address) in target.Listen)
            yield return $"move the traffic of {address} to {app}{(environment.Rolling ? ", instance by instance" : "")}";
        foreach (var app in processes.Where(app => !app.Overlap))
            yield return $"stop the old {app.Name}, then {Start(app, listens: false)}";
        if (target.Listen.Count > 0 && !environment.Rolling)
            yield return $"keep the old version warm for {Durations.Text(environment.KeepWarm)}";
        if (environment.Migrations is { Contract: { } contract } migrations)
            yield return $"contract, once it was live for {Durations.Text(migrations.ContractAfter)}: {contract.Name}";
    }

    private static string Canary(RolloutDefinition rollout)
    {
        var shares = And(rollout.Steps.Select(step => step.Share.ToString("0.##%", CultureInfo.InvariantCulture)).ToValueList());
        if (rollout.Judge == JudgeKind.None)
            return $"give it {shares} of the requests{Testers(rollout)}, for {Durations.Text(rollout.Dwell)} each";
        var until = rollout.Judge switch
        {
            JudgeKind.Threshold => $"{MetricNames(rollout)} {(rollout.Metrics.Count == 1 ? "is" : "are")} within limits",
            JudgeKind.Kayenta => $"Kayenta's judge lets it pass by {MetricNames(rollout)}",
            _ when rollout.Metrics.Count > 0 =>
                $"it is shown to be no worse than the live version, and {MetricNames(rollout)} {(rollout.Metrics.Count == 1 ? "is" : "are")} within limits",
            _ => "it is shown to be no worse than the live version",
        };
        return $"give it {shares} of the requests{Testers(rollout)}, each until {until}: from {Durations.Text(rollout.Dwell)} to {Durations.Text(rollout.Longest)}";
    }

    private static string Testers(RolloutDefinition rollout) => rollout.Testers is { } testers
        ? $" and all of those with {(testers.Mark == TesterMark.Header ? $"the header {testers.Name}: {testers.Value}" : $"the cookie {testers.Name}={testers.Value}")}"
        : "";

    private static string MetricNames(RolloutDefinition rollout) => And(rollout.Metrics.Select(metric => metric.Name).ToValueList());

    private static string Start(ProcessApp app, bool listens)
    {
        var instances = app.Instances == 1 ? "" : $" ({app.Instances} instances)";
        var ready = app.Health is { } path ? $"until {path} is well"
            : listens ? "until it listens"
            : $"until it was alive for {Durations.Text(app.ReadyAfter)}";
        return $"start {app.Name}{instances}: {app.Command.Split('\n')[0].TrimEnd('\r')}, {ready}";
    }

    private static string Verify(Check check) => check switch
    {
        StepCheck { Step: var step } => $"verify: {step.Name}",
        HttpCheck http => $"verify: {http.Path} answers {http.Status} within {Durations.Text(http.Timeout)}",
        _ => throw new UnreachableException(),
    };

    private static string Undo(CommandTarget target) => target.Undo switch
    {
        UndoMode.None => "a rollback is refused: it cannot be undone",
        UndoMode.Command => $"on a rollback: {target.UndoCommand!.Name}",
        UndoMode.Redeploy => "on a rollback: the same command with the version before",
        _ => throw new UnreachableException(),
    };
}
