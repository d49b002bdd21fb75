using System.Text.Json.Serialization;

namespace Towpath.Engine.Views;

/// <summary>How an environment's apps have answered in about the last minute, by the router's count. Not what a judge goes by.</summary>
/// <param name="Errors">Share of the requests with a status from 500 on, or without a whole answer; 0 when there were no requests.</param>
/// <param name="P95Ms">19 of 20 of the other answers took no longer, in milliseconds; null when there were none.</param>
/// <param name="Seconds">Over how long this was counted.</param>
public sealed record HealthView(double RequestsPerSecond, double Errors, double? P95Ms, double Seconds)
{
    /// <summary>Of the last minutes, oldest first, one every few seconds: for pictures.</summary>
    [JsonIgnore]
    public IReadOnlyList<HealthPoint> Points { get; init; } = [];
}

/// <summary>Both a second.</summary>
public readonly record struct HealthPoint(double Requests, double Errors);
