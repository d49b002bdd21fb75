using Towpath.Core.Pipelines;

namespace Towpath.Simulation.Histories;

/// <summary>Pipeline files as projects have them; each project has one of three, and changes a line of it now and then.</summary>
internal static class HistoryPipelines
{
    private const string Shop = """
        jobs:
          lint:
            steps: [npm ci, npm run lint]
          test:
            steps: [npm ci, npm test -- --shard EDITION]
            reports: { tests: "reports/*.xml" }
            retry: 1
          build:
            needs: [lint, test]
            steps:
              - npm ci
              - run: npm run build
                timeout: 10m
            outputs: { web: dist/, worker: worker/ }
        package: { web: build.web, worker: build.worker }
        apps:
          web: { command: node server.js, health: /healthz, instances: 2 }
          worker: { command: node worker.js, ready: alive 10s, overlap: false }
        environments:
          staging: { listen: { web: 8081 }, env: { LOG: debug }, verify: [./smoke.sh, { http: /healthz }] }
          load-test: { listen: { web: 8082 }, verify: [./load.sh] }
          production:
            after: [staging, load-test]
            listen: { web: 8080 }
            env: { LOG: info }
            before: [./migrate.sh]
            verify: [./smoke.sh, { http: /healthz }]
            rollout:
              canary: [{ share: 5%, pause: true }, 50%]
              dwell: 5s
              judge: threshold
              metrics:
                errors: { router: errors, fail: "> 5%" }
                queue: { http: "http://127.0.0.1:9100/{{release}}", value: $.queue, fail: "> 3x", pass: "< 100", failureLimit: 5, inconclusiveLimit: 9 }
        """;

    private const string Library = """
        triggers: [{ cron: "30 12 * * *", zone: Europe/Amsterdam }]
        jobs:
          test:
            steps: [dotnet test --logger trx --filter EDITION]
            reports: { tests: "**/*.trx" }
          pack:
            needs: [test]
            steps: [dotnet pack -c Release -o out]
            outputs: { out: out/ }
        package: pack.out
        app: { command: ./Site, health: / }
        migrations: { expand: ./grow.sh, contract: ./shrink.sh, contractAfter: 30m }
        environments:
          staging: { listen: 9081, verify: [./smoke.sh] }
          registry:
            after: [staging]
            gates: [{ approval: 1 }, { webhook: https://change.example.com/towpath }]
            deploy: dotnet nuget push "$TOWPATH_PACKAGE"
            verify: [./is-there.sh]
            undo: ./unlist.sh
        """;

    private const string Site = """
        jobs:
          build:
            steps: [./build.sh EDITION, ./check-links.sh]
        package: .
        app: { static: public/ }
        environments:
          preview: { listen: 7081, verify: [{ http: / }] }
          site: { after: [preview], listen: 7080, verify: [{ http: / }] }
        """;

    private static readonly string[] Files = [Shop, Library, Site];

    /// <param name="project">From 0.</param>
    public static Pipeline Of(int project, int edition) =>
        PipelineFile.Parse(Files[project % Files.Length].Replace("EDITION", $"e{edition}", StringComparison.Ordinal)) is { Pipeline: { } pipeline }
            ? pipeline
            : throw new InvalidOperationException("A sample is no pipeline file.");
}
