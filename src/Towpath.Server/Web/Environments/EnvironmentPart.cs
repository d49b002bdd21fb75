using Microsoft.AspNetCore.Components;
using Towpath.Core.Environments;
using Towpath.Engine.Views;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web.Environments;

/// <summary>The page of an environment, and each part of it.</summary>
public abstract class EnvironmentPart : ComponentBase
{
    [Parameter, EditorRequired]
    public required EnvironmentModel Model { get; set; }

    protected EnvironmentState State => Model.State;

    protected EnvironmentView View => Model.View;

    protected DateTimeOffset Now => Model.Now;

    /// <summary>The deployment that changes the environment now; null: none does.</summary>
    protected DeploymentView? Coming => Models.UnderWay(View);

    protected string ProjectHref => $"/{Look.Part(View.Project)}";

    protected string Href => $"{ProjectHref}/environments/{Look.Part(View.Name)}";

    protected string Deployment(int number) => $"{Href}/deployments/{number}";
}
