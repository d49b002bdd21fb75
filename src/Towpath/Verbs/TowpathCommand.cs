using System.CommandLine;

namespace Towpath.Verbs;

/// <summary>All verbs.</summary>
internal static class TowpathCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Takes every commit to production by itself, and takes it back when production says no.")
        {
            CommonOptions.Data,
            CommonOptions.Project,
            CommonOptions.Json,
        };
        foreach (var verb in Verbs())
            root.Add(verb);
        return root;
    }

    private static IEnumerable<Command> Verbs() =>
    [
        DemoVerb.Create(),
        UpVerb.Create(),
        DownVerb.Create(),
        InitVerb.Create(),
        CheckVerb.Create(),
        PlanVerb.Create(),
        RunVerb.Create(),
        RemoteVerb.Create(),
        ProjectsVerb.Create(),
        RunsVerb.Create(),
        EnvironmentsVerb.Create(),
        DeploymentsVerb.Create(),
        PackagesVerb.Create(),
        LogsVerb.Create(),
        PromoteVerb.Create(),
        ApproveVerb.Create(),
        RedeployVerb.Create(),
        RollbackVerb.Create(),
        AdvanceVerb.Create(),
        AnalysisVerb.Create(),
        HoldVerb.Create(),
        ResumeVerb.Create(),
        FreezeVerb.Create(),
        UnfreezeVerb.Create(),
        VariablesVerb.Create(),
        SecretsVerb.Create(),
        OpenVerb.Create(),
        BackupVerb.Create(),
        RestoreVerb.Create(),
        CollectVerb.Create(),
        StatusVerb.Create(),
        AgentsVerb.Create(),
        VersionVerb.Create(),
        ServerVerb.Create(),
        AgentVerb.Create(),
        RouterVerb.Create(),
        GitCredentialVerb.Create(),
    ];
}
