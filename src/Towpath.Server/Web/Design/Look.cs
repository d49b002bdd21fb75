using System.Globalization;
using Towpath.Engine.Views;

namespace Towpath.Server.Web.Design;

/// <summary>How states, moments and ids look to people.</summary>
internal static class Look
{
    public static string Tone(string state) => state switch
    {
        "succeeded" or "live" or "live-now" or "healthy" => "good",
        "failed" or "rolled-back" or "taken-back" or "unhealthy" or "ended" => "bad",
        "errored" => "odd",
        "running" or "starting" or "checking" or "shifting" => "busy",
        "paused" or "rolling-back" or "needs-decision" or "held" or "restarting" => "warn",
        _ => "quiet",
    };

    public static string Icon(string state) => state switch
    {
        "succeeded" or "live" or "live-now" or "was-live" or "healthy" => "check",
        "failed" or "unhealthy" or "ended" => "cross",
        "errored" => "bang",
        "running" or "starting" or "checking" or "shifting" => "turn",
        "rolled-back" or "rolling-back" or "taken-back" => "back",
        "paused" or "held" => "pause",
        "needs-decision" => "ask",
        "waiting" or "draining" => "clock",
        "stopped" or "stopping" => "stop",
        "restarting" => "again",
        "not-reached" => "dot",
        "canceled" or "superseded" or "outdated" or "refused" or "skipped" => "slash",
        _ => "wait",
    };

    /// <summary>The page's icon, by its shape as well as its colour.</summary>
    public static string PageIcon(string? state) => Tone(state ?? "") switch
    {
        "good" => "icon-good.svg",
        "busy" => "icon-busy.svg",
        "bad" or "odd" => "icon-bad.svg",
        "warn" => "icon-warn.svg",
        _ => "icon.svg",
    };

    /// <summary>Of several things one state: what most wants a person to look. Null: there are none.</summary>
    public static string? Gravest(IEnumerable<string> states) =>
        states.MinBy(state => Tone(state) switch { "bad" or "odd" => 0, "warn" => 1, "busy" => 2, "good" => 3, _ => 4 });

    /// <summary><c>rolled-back</c> as <c>Rolled back</c>.</summary>
    /// <summary>Which packages come to an environment.</summary>
    public static string Takes(IReadOnlyList<string> after) =>
        after.Count == 0 ? "Takes every new package." : $"Takes what was live in {Core.Pipelines.PlannedEnvironment.And(after)}.";

    public static string Words(string state) => state.Length == 0 ? "" : char.ToUpperInvariant(state[0]) + state[1..].Replace('-', ' ');

    /// <summary>What a kind of deployment does, with the run that it does it with: <c>Rollback to run 7</c>.</summary>
    public static string Kind(string kind) => kind switch
    {
        "deploy" => "Deployment of",
        "settings" => "New settings for",
        "promote" => "Promotion of",
        "rollback" => "Rollback to",
        "stop" => "Stop of",
        "contract" => "Contract migration of",
        _ => Words(kind),
    };

    /// <summary>What became of a deployment that ended: <c>live</c> says that it arrived, not that it stayed.</summary>
    public static string Ending(EnvironmentView environment, DeploymentView past) => past.State != "live" ? past.State
        : environment.Live?.Deployment == past.Number ? "live-now"
        : environment.History.Any(later => later.Undoes == past.Number && later.State == "live") ? "taken-back"
        : "was-live";

    public static string Commit(string sha) => sha.Length > 7 ? sha[..7] : sha;

    public static string Digest(string digest) => digest.Length > 19 ? digest[7..19] : digest;

    public static string Branch(string reference) =>
        reference.StartsWith("refs/heads/", StringComparison.Ordinal) ? reference["refs/heads/".Length..] : reference;

    /// <summary>In the server's zone: <c>Tuesday 14:02</c> within a week, then with the date.</summary>
    public static string Day(DateTimeOffset at, DateTimeOffset now)
    {
        var (local, today) = (at.ToLocalTime(), now.ToLocalTime().Date);
        var format = local.Date == today ? "'today' HH:mm"
            : local.Date == today.AddDays(-1) ? "'yesterday' HH:mm"
            : (today - local.Date).Duration() < TimeSpan.FromDays(7) ? "dddd HH:mm"
            : local.Year == today.Year ? "d MMMM HH:mm" : "d MMMM yyyy HH:mm";
        return local.ToString(format, CultureInfo.InvariantCulture);
    }

    public static string Moment(DateTimeOffset at) => at.ToLocalTime().ToString("d MMM yyyy, HH:mm:ss zzz", CultureInfo.InvariantCulture);

    public static string Ago(DateTimeOffset at)
    {
        var passed = DateTimeOffset.UtcNow - at;
        return passed.TotalMinutes < 1 ? "just now"
            : passed.TotalHours < 1 ? $"{(int)passed.TotalMinutes} min ago"
            : passed.TotalDays < 1 ? $"{(int)passed.TotalHours} h ago"
            : passed.TotalDays < 2 ? "yesterday"
            : $"{(int)passed.TotalDays} days ago";
    }

    public static string Took(TimeSpan time)
    {
        if (time < TimeSpan.Zero)
            time = TimeSpan.Zero;
        return time.TotalSeconds < 10 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
            : time.TotalMinutes < 1 ? $"{(int)time.TotalSeconds} s"
            : time.TotalHours < 1 ? $"{(int)time.TotalMinutes} min {time.Seconds} s"
            : $"{(int)time.TotalHours} h {time.Minutes} min";
    }

    public static string Size(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        >= 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        1 => "1 byte",
        _ => $"{bytes} bytes",
    };

    /// <summary>From this share of errors on, figures are told in the colour of what failed.</summary>
    public const double ManyErrors = 0.01;

    /// <summary>Of requests a second, without the unit.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        0 => "0",
        < 0.05 => "<0.1",
        < 9.95 => perSecond.ToString("0.0", CultureInfo.InvariantCulture),
        _ => perSecond.ToString("0", CultureInfo.InvariantCulture),
    };

    public static string Share(double share) => share switch
    {
        0 => "0 %",
        < 0.0005 => "<0.1 %",
        < 0.0995 => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %",
        _ => (share * 100).ToString("0", CultureInfo.InvariantCulture) + " %",
    };

    public static string Milliseconds(double time) => time switch
    {
        < 9.95 => time.ToString("0.0", CultureInfo.InvariantCulture) + " ms",
        < 9_950 => time.ToString("0", CultureInfo.InvariantCulture) + " ms",
        _ => (time / 1000).ToString("0", CultureInfo.InvariantCulture) + " s",
    };

    /// <summary>How what waits for a person looks in lists: as a state.</summary>
    public static string NeedState(string kind) => kind switch
    {
        "decision" => "needs-decision",
        "failed-rollback" => "failed",
        "approval" => "waiting",
        "paused" => "paused",
        _ => "held",
    };

    /// <summary>The name as one part of an address.</summary>
    public static string Part(string name) => Uri.EscapeDataString(name);
}
