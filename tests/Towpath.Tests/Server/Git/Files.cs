namespace Towpath.Tests.Server.Git;

/// <summary>Pipeline files of the tests.</summary>
internal static class Files
{
    public const string Pipeline = "jobs:\n  build:\n    steps: [make]\n";

    public const string Deploying = """
        jobs:
          build:
            steps: [make, make test]
        package: .
        app: { command: ./serve, health: / }
        environments:
          staging: { listen: 8081 }
          production: { after: [staging], listen: 8080 }
        """;
}
