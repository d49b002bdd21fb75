using Towpath.Core.Agents;
using Towpath.Engine.Git;
using Towpath.Engine.Settings;

namespace Towpath.Engine.Agents;

/// <summary>What a command needs on its way out and no machine knows: where the repository lies, and the secrets that the environment names.</summary>
public sealed class AgentSupplies(Repositories repositories, SecretStore secrets)
{
    internal (AgentCommand Command, IReadOnlyDictionary<string, string> Secrets) Prepare(AgentCommand command)
    {
        if (command is RunJob job)
            return (job with { Repository = repositories.PathOf(job.Project) }, new Dictionary<string, string>());
        var plan = (command as StageCommand)?.Plan;
        // A name without a value is left out: the agent says which one is missing, in the deployment's own log.
        return plan is null ? (command, new Dictionary<string, string>()) : (command, secrets.Reveal(plan.Project, plan.Environment, plan.Definition.Secrets).Values);
    }
}
