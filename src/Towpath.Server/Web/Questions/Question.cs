using Towpath.Engine.Views;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Questions;

/// <summary>What a person is asked before something is done.</summary>
/// <param name="What">What will happen, in full sentences.</param>
/// <param name="Button">The deed.</param>
/// <param name="Action">Where the yes goes.</param>
/// <param name="Back">Where the no goes.</param>
public sealed record Question(
    string Project, string Title, string What, string Button, string Action, string Back, IReadOnlyList<Crumb> Crumbs)
{
    public bool IsDangerous { get; init; } = true;

    /// <summary>False: it cannot be done, and there is nothing to answer but to go back.</summary>
    public bool IsPossible { get; init; } = true;

    public bool AsksReason { get; init; }

    /// <summary>The field that the reason is sent in. One with a name of its own has to be given.</summary>
    public string ReasonName { get; init; } = "reason";

    /// <summary>Runs to choose from; empty when there is nothing to choose.</summary>
    public IReadOnlyList<DeploymentView> Choices { get; init; } = [];

    /// <summary>What the person has to say, beside why.</summary>
    public IReadOnlyList<QuestionField> Asks { get; init; } = [];

    /// <summary>Sent with the yes.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();
}

/// <param name="Type">As HTML's inputs have it.</param>
/// <param name="Value">What stands there at first; empty: nothing.</param>
public sealed record QuestionField(string Name, string Label, string Type, bool IsRequired, string Value = "");
