using Towpath.Core.Environments;
using Towpath.Engine.Views;
using Towpath.Server.Web.Rules;

namespace Towpath.Server.Web.Environments;

/// <summary>All that the page of an environment shows.</summary>
public sealed record EnvironmentModel
{
    /// <summary>Deployments that ended which the page shows unless it is asked for all.</summary>
    public const int HistoryAtFirst = 25;

    /// <summary>Where there are no figures.</summary>
    public const string Silence = "No figures now: the router of this environment tells none, or serves files only.";

    public required EnvironmentState State { get; init; }

    public required EnvironmentView View { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Who wrote what is live; null: that is not known.</summary>
    public required string? Author { get; init; }

    /// <summary>Until when the version that a rollback goes to was live.</summary>
    public required DateTimeOffset? Until { get; init; }

    /// <summary>Of the deployment under way.</summary>
    public required IReadOnlyList<StageView> Stages { get; init; }

    /// <summary>Of the deployment under way.</summary>
    public required LogExcerpt? Log { get; init; }

    /// <summary>What the judge of the canary under way has seen; null: there is none.</summary>
    public required AnalysisView? Analysis { get; init; }

    /// <summary>Deployments whose versions a person can go back to.</summary>
    public required IReadOnlySet<int> BackTo { get; init; }

    /// <summary>Deployments that ended, also those that the view leaves out.</summary>
    public required int Ended { get; init; }

    /// <summary>There is a candidate that a person may deploy.</summary>
    public required bool CanPromote { get; init; }

    /// <summary>Null: nobody has told of any.</summary>
    public required InstancesView? Instances { get; init; }

    /// <summary>Null: the newest pipeline file has no such environment.</summary>
    public required NextPlan? Plan { get; init; }

    /// <summary>Of the runs that wait, and of the newest.</summary>
    public required RuleLines Rules { get; init; }
}
