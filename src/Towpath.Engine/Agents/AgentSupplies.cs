using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
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
        // A name without a value is left out: the agent says which one is missing, where people look.
        return command switch
        {
            StageCommand { Plan: var plan } => (command, secrets.Reveal(plan.Project, plan.Environment, plan.Definition.Secrets).Values),
            AskWebhook { Plan: var plan } ask => (command, secrets.Reveal(plan.Project, plan.Environment, SecretHeaders.SecretsIn(ask.Headers)).Values),
            _ => (command, new Dictionary<string, string>()),
        };
    }
}
