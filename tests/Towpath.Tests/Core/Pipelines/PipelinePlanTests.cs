using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Pipelines;

public sealed class PipelinePlanTests
{
    private const string File = """
        jobs:
          test:
            steps: [dotnet test]
          lint:
            steps: [{ run: ./lint.sh, name: style }]
          publish:
            needs: [test, lint]
            steps: [dotnet publish -o out]
            outputs: { shop: out, all: . }
        package: { web: publish.shop, rest: publish.all }
        apps:
          web:    { command: ./Shop, health: /healthz, instances: 2 }
          api:    { command: ./Api }
          worker: { command: ./Worker, ready: alive 10s, overlap: false }
        environments:
          npm:
            after: [staging, production]
            deploy: npm publish
            undo: none
          staging:
            listen: { web: 8081, api: 8082 }
            before: [./migrate.sh]
            verify: [./smoke.sh, { http: /healthz }]
          production:
            after: staging
            listen: { web: 0.0.0.0:80 }
        """;

    [Fact]
    public void A_push_to_the_default_branch_goes_all_the_way()
    {
        var plan = PipelinePlan.For(PipelineFile.Parse(File).Pipeline!, "main", isDefaultBranch: true, Sample.Noon);

        Assert.Equal("""
            A push to main would

              run
                test, at once
                  - dotnet test
                lint, at once
                  - style
                publish, when test and lint have succeeded
                  - dotnet publish -o out

              package
                out of publish, as web/
                the whole workspace of publish, as rest/

              deploy to
                staging, as soon as the package is stored
                  - before: ./migrate.sh
                  - start api: ./Api, until it listens
                  - start web (2 instances): ./Shop, until /healthz is well
                  - verify: ./smoke.sh
                  - verify: /healthz answers 200 within 30s
                  - move the traffic of 127.0.0.1:8082 to api
                  - move the traffic of 127.0.0.1:8081 to web
                  - stop the old worker, then start worker: ./Worker, until it was alive for 10s
                  - keep the old version warm for 10m
                production, when the package has become live in staging
                  - start api: ./Api, until it was alive for 5s
                  - start web (2 instances): ./Shop, until /healthz is well
                  - move the traffic of 0.0.0.0:80 to web
                  - stop the old worker, then start worker: ./Worker, until it was alive for 10s
                  - keep the old version warm for 10m
                npm, when the package has become live in staging and production
                  - npm publish
                  - a rollback is refused: it cannot be undone

            """.ReplaceLineEndings("\n"), plan.Text);
    }

    [Fact]
    public void A_push_to_another_branch_only_builds_and_tests()
    {
        var plan = PipelinePlan.For(PipelineFile.Parse(File).Pipeline!, "feature/x", isDefaultBranch: false, Sample.Noon);

        Assert.Equal(["test", "lint", "publish"], plan.Jobs.Select(job => job.Name));
        Assert.Empty(plan.Environments);
        Assert.Equal("Only pushes to the default branch deploy: the package is kept and goes nowhere.", plan.Remark);
        Assert.EndsWith(plan.Remark + "\n", plan.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_times_of_schedules_are_told_for_the_branch_that_deploys()
    {
        const string Scheduled = """
            triggers:
              - { cron: "0 3 * * *", zone: Europe/Amsterdam }
              - cron: "30 6 * * MON"
            jobs: { test: { steps: ./test.sh } }
            """;
        var pipeline = PipelineFile.Parse(Scheduled).Pipeline!;

        Assert.Equal("""
            A push to main would

              run
                test, at once
                  - ./test.sh

              run again by schedule
                0 3 * * * Europe/Amsterdam
                  - Sat 2030-03-30 03:00 +01:00
                  - Sun 2030-03-31 03:00 +02:00
                  - Mon 2030-04-01 03:00 +02:00
                30 6 * * MON UTC
                  - Mon 2030-04-01 06:30 +00:00
                  - Mon 2030-04-08 06:30 +00:00
                  - Mon 2030-04-15 06:30 +00:00

            The file has no 'package': the run ends with its jobs.

            """.ReplaceLineEndings("\n"), PipelinePlan.For(pipeline, "main", isDefaultBranch: true, new(2030, 3, 29, 12, 0, 0, TimeSpan.Zero)).Text);
        Assert.Empty(PipelinePlan.For(pipeline, "idea", isDefaultBranch: false, Sample.Noon).Schedules);
    }

    [Theory]
    [InlineData("jobs: { a: { steps: x } }", "The file has no 'package': the run ends with its jobs.")]
    [InlineData("jobs: { a: { steps: x } }\npackage: .", "The file has no 'environments': the package is kept and goes nowhere.")]
    [InlineData(
        "environments: { e: { deploy: x } }",
        "The file makes no package: `towpath packages push` brings one that another CI built.")]
    public void What_does_not_happen_is_explained(string file, string remark) =>
        Assert.Equal(remark, PipelinePlan.For(PipelineFile.Parse(file).Pipeline!, "main", isDefaultBranch: true, Sample.Noon).Remark);
}
