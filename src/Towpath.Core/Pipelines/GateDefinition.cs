using System.Text.Json.Serialization;

namespace Towpath.Core.Pipelines;

/// <summary>What must hold before a deployment starts.</summary>
/// <param name="Within">How long a deployment waits for it, from the moment at which the environments before are done with it.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ApprovalGate), "approval")]
[JsonDerivedType(typeof(WindowGate), "window")]
[JsonDerivedType(typeof(FreezeGate), "freeze")]
[JsonDerivedType(typeof(SoakGate), "soak")]
[JsonDerivedType(typeof(WebhookGate), "webhook")]
public abstract record GateDefinition(TimeSpan Within)
{
    /// <summary>Its key in the pipeline file.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>
    /// It passes without anybody doing something, and later for what came later: whoever waits at it must not take the place of
    /// what is further, or the next one would take his.
    /// </summary>
    [JsonIgnore]
    public virtual bool PassesByItself => false;
}

/// <summary>So many different people said yes to exactly this plan.</summary>
/// <param name="People">1 to 20.</param>
/// <param name="By">Who may; empty: everybody.</param>
public sealed record ApprovalGate(int People, ValueList<string> By, TimeSpan Within) : GateDefinition(Within)
{
    public override string Name => "approval";

    public bool Takes(string person) => By.Count == 0 || By.Contains(person);
}

/// <summary>Now is in one of the windows.</summary>
/// <param name="Windows">At least one.</param>
public sealed record WindowGate(ValueList<Window> Windows, TimeSpan Within) : GateDefinition(Within)
{
    public override string Name => "window";

    [JsonIgnore]
    public string Words => string.Join(" or ", Windows);
}

/// <summary>Now is in none of the periods.</summary>
/// <param name="Periods">At least one.</param>
public sealed record FreezeGate(ValueList<FreezePeriod> Periods, TimeSpan Within) : GateDefinition(Within)
{
    public override string Name => "freeze";
}

/// <summary>The candidate has been live for so long in each environment before, or was replaced there; it was not rolled back.</summary>
public sealed record SoakGate(TimeSpan Time, TimeSpan Within) : GateDefinition(Within)
{
    public override string Name => "soak";

    public override bool PassesByItself => true;
}

/// <summary>A program elsewhere says yes.</summary>
/// <param name="Every">How long after an answer that is neither yes nor no it is asked again.</param>
/// <param name="PassesWhenOverdue">What becomes of the deployment when it has said nothing in time: true, it goes on; false, it is refused.</param>
public sealed record WebhookGate(string Url, TimeSpan Every, bool PassesWhenOverdue, TimeSpan Within) : GateDefinition(Within)
{
    /// <summary>To be sent; <see cref="SecretHeaders"/>.</summary>
    public OrdinalMap<string> Headers { get; init; } = OrdinalMap<string>.Empty;

    public override string Name => "webhook";

    public override bool PassesByItself => true;
}
