using Towpath.Engine.Packages;
using Towpath.Engine.Views;

namespace Towpath.Server.Api;

/// <param name="Reason">Why, for those who read the history; at most 500 characters. A word of its own is used when it is missing.</param>
public sealed record ReasonBody(string? Reason);

/// <param name="Reason">As in <see cref="ReasonBody"/>.</param>
/// <param name="To">The run to go back to, behind all that came after it; null: the version before.</param>
public sealed record RollbackBody(string? Reason, int? To = null);

/// <param name="Run">The run whose package is to be deployed.</param>
/// <param name="ConfirmOlder">True when it is known that what is live is newer.</param>
/// <param name="Override">Why windows, freezes, soak time and webhooks are passed over; null: they hold. Approvals always do.</param>
public sealed record PromoteBody(int Run, bool ConfirmOlder = false, string? Override = null);

/// <summary>What the person has seen, so that nothing else is approved. Whatever it is now, where one is missing.</summary>
/// <param name="Replaces">The deployment that it replaces; 0: none.</param>
/// <param name="Settings">The revision of the settings that it brings.</param>
public sealed record ApproveBody(int? Replaces, int? Settings);

/// <param name="Until">A day, which is meant to its end (<c>2026-12-24</c>), or a day and a time (<c>2026-12-24 08:00</c>).</param>
/// <param name="From">As <paramref name="Until"/>, from its beginning; null: now.</param>
/// <param name="Zone">Whose clocks show these times; null: UTC.</param>
/// <param name="Reason">Why, for those who wait; at most 500 characters. A word of its own is used when it is missing.</param>
public sealed record FreezeBody(string Until, string? From, string? Zone, string? Reason);

/// <param name="Step">True: only the next step begins. False: all traffic moves.</param>
public sealed record AdvanceBody(bool Step = false);

/// <param name="Variables">Name to value; null removes the variable.</param>
public sealed record SettingsBody(Dictionary<string, string?> Variables);

/// <param name="Value">At most 65536 characters; never given back.</param>
public sealed record SecretBody(string Value);

/// <summary>A link that signs one browser in, once.</summary>
/// <param name="ExpiresAt">Until when the link works.</param>
public sealed record SignInLink(string Url, DateTimeOffset ExpiresAt);

/// <summary>A run's package in the store.</summary>
/// <param name="Digest">Of the manifest: the package's name everywhere.</param>
/// <param name="App">Digest of the layer that is run.</param>
/// <param name="Deploy">Digest of the layer that the environments' own commands need.</param>
/// <param name="Size">Bytes of both layers together.</param>
/// <param name="Parts">The jobs' outputs that it was made of; empty when it was built elsewhere.</param>
public sealed record PackageDetails(
    int Run, string Commit, string Digest, string App, string Deploy, long Size, IReadOnlyList<PackagePartView> Parts);

/// <summary>What is in one layer of a run's package.</summary>
/// <param name="Layer"><c>app</c> or <c>deploy</c>.</param>
/// <param name="Files">The first that were found, in order of their paths.</param>
/// <param name="Found">Files and links whose path holds what was looked for.</param>
/// <param name="Count">All files and links that were looked at.</param>
/// <param name="Whole">False: there was no time to look at the rest.</param>
public sealed record PackageFiles(int Run, string Layer, IReadOnlyList<LayerFile> Files, int Found, int Count, bool Whole);

/// <summary>Something changed: ask for it again.</summary>
/// <param name="Stream"><c>shop</c>, <c>shop/runs/7</c> or <c>shop/environments/staging</c>.</param>
public sealed record ChangedEvent(string Stream);

/// <param name="Jobs">At once.</param>
public sealed record LimitBody(int Jobs);
