using System.Text.Json;
using Towpath.Core;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core.Pipelines;

public sealed class PipelineFileTests
{
    [Fact]
    public void The_small_file_means_what_it_says()
    {
        var pipeline = Valid("""
            jobs:
              build:
                steps: [npm ci, npm test]
            package: .
            app: { command: node server.js, health: / }
            environments:
              staging: { listen: 8081, verify: [./smoke.sh] }
              production: { after: [staging], listen: 8080 }
            """);

        var job = Assert.Single(pipeline.Jobs);
        Assert.Equal(["npm ci", "npm test"], job.Steps.Select(step => step.Run));
        Assert.All(job.Steps, step => Assert.Equal(("sh", TimeSpan.FromHours(1), step.Run), (step.Shell, step.Timeout, step.Name)));
        Assert.Equal((0, TimeSpan.FromHours(1)), (job.Retry, job.Timeout));
        Assert.Equal([new PackagePart("", "build", "package")], pipeline.Package!.Parts);
        Assert.Equal(".", job.Outputs["package"]);
        Assert.Equal(
            new ProcessApp("web", "", "node server.js", "/", Seconds(5), Seconds(60), Seconds(10), Instances: 1, Overlap: true),
            Assert.Single(pipeline.Apps));
        var staging = pipeline.Environment("staging")!;
        Assert.Equal("127.0.0.1:8081", ((AppsTarget)staging.Target).Listen["web"]);
        Assert.Equal("./smoke.sh", ((StepCheck)staging.Verify[0]).Step.Run);
        Assert.Equal((QueueMode.NewestReady, Seconds(600)), (staging.Queue, staging.KeepWarm));
        Assert.Equal((Seconds(30), Seconds(1800)), (staging.DrainTimeout, staging.Timeout));
        Assert.Equal(["production"], pipeline.EnvironmentsAfter("staging").Select(environment => environment.Name));
    }

    [Fact]
    public void The_large_file_means_what_it_says()
    {
        var pipeline = Valid("""
            jobs:
              publish:
                needs: [test]
                steps:
                  - run: dotnet publish src/Shop -c Release -o out
                    timeout: 10m
                    env: { A: 1.10, B: yes, C: on }
                    shell: bash
                    name: publish it
                outputs: { shop: out/ }
              test:
                steps: dotnet test --logger trx
                reports: { tests: "**/*.trx" }
                retry: 2
                timeout: 1h30m
            package: { web: publish.shop, worker: publish.shop }
            apps:
              worker: { command: ./Worker, ready: alive 10s, overlap: false, part: web }
              web:    { command: ./Shop, health: /healthz, instances: 2, startTimeout: 2m, stopTimeout: 1m }
              site:   { static: ./public/ }
            environments:
              npm:
                after: staging
                deploy: { run: npm publish "$TOWPATH_PACKAGE", timeout: 5m }
                undo: none
                repeatable: false
              staging:
                on: edge-1
                listen: { web: 8081, site: "0.0.0.0:8082" }
                env: { LOG: debug }
                secrets: [DATABASE_URL]
                before: [./migrate.sh]
                verify: [./smoke.sh, { http: /healthz, status: 204, timeout: 1m }]
                queue: every
                keepWarm: 0s
                drain: 5s
                timeout: 1h
            """);

        Assert.Equal(["test", "publish"], pipeline.Jobs.Select(job => job.Name));
        var (test, publish) = (pipeline.Jobs[0], pipeline.Jobs[1]);
        Assert.Equal((2, new TimeSpan(1, 30, 0), "**/*.trx"), (test.Retry, test.Timeout, test.TestReports[0]));
        var step = Assert.Single(publish.Steps);
        Assert.Equal(("publish it", "bash", Seconds(600)), (step.Name, step.Shell, step.Timeout));
        Assert.Equal(["1.10", "yes", "on"], step.Env.Values);
        Assert.Equal("out", publish.Outputs["shop"]);
        Assert.Equal([new("web", "publish", "shop"), new PackagePart("worker", "publish", "shop")], pipeline.Package!.Parts);
        Assert.Equal(["site", "web", "worker"], pipeline.Apps.Select(app => app.Name));
        Assert.Equal(new StaticApp("site", "", "public"), pipeline.Apps[0]);
        Assert.Equal(
            new ProcessApp("worker", "web", "./Worker", null, Seconds(10), Seconds(60), Seconds(10), 1, Overlap: false),
            pipeline.Apps[2]);
        Assert.Equal(["staging", "npm"], pipeline.Environments.Select(environment => environment.Name));
        var (staging, npm) = (pipeline.Environments[0], pipeline.Environments[1]);
        Assert.Equal(("edge-1", "0.0.0.0:8082"), (staging.Agent, ((AppsTarget)staging.Target).Listen["site"]));
        Assert.Equal(new HttpCheck("/healthz", 204, Seconds(60)), staging.Verify[1]);
        Assert.Equal((QueueMode.Every, TimeSpan.Zero, Seconds(5)), (staging.Queue, staging.KeepWarm, staging.DrainTimeout));
        Assert.Equal(Seconds(3600), staging.Before[0].Timeout);
        var target = (CommandTarget)npm.Target;
        Assert.Equal((UndoMode.None, null, false), (target.Undo, target.UndoCommand, target.Repeatable));
        Assert.Equal(Seconds(300), target.Deploy.Timeout);
    }

    [Fact]
    public void A_pipeline_survives_being_written_as_JSON()
    {
        var pipeline = Valid("""
            jobs:
              a: { steps: [x, { run: y, env: { B: c } }], outputs: { web: out }, reports: { tests: "*.xml" }, retry: 1 }
              b: { steps: z, needs: a, outputs: { all: . } }
            package: { web: a.web, rest: b.all }
            apps: { web: { command: x, health: / }, site: { static: public } }
            environments:
              s: { listen: { web: 80, site: 81 }, secrets: [D], before: m, verify: [v, { http: / }] }
              c: { after: s, deploy: x, undo: ./undo.sh, queue: every, on: other }
            """);

        var json = JsonSerializer.Serialize(pipeline, CoreJson.Options);

        Assert.Equal(pipeline, JsonSerializer.Deserialize<Pipeline>(json, CoreJson.Options));
    }

    [Theory]
    [InlineData("deploy: x", UndoMode.Redeploy)]
    [InlineData("deploy: x, undo: redeploy", UndoMode.Redeploy)]
    [InlineData("deploy: x, undo: none", UndoMode.None)]
    [InlineData("deploy: x, repeatable: false", UndoMode.None)]
    [InlineData("deploy: x, undo: ./back.sh", UndoMode.Command)]
    [InlineData("deploy: x, undo: { run: none }", UndoMode.Command)]
    public void A_command_target_is_undone_as_it_says(string environment, UndoMode expected)
    {
        var target = (CommandTarget)Valid($"environments: {{ e: {{ {environment} }} }}").Environments[0].Target;

        Assert.Equal(expected, target.Undo);
        Assert.Equal(expected == UndoMode.Command, target.UndoCommand is not null);
    }

    [Theory]
    [InlineData("a.out", "out", "dist")]
    [InlineData("./a.out", "package", "a.out")]
    [InlineData("dist/", "out", "dist")]
    [InlineData("b.zip", "package", "b.zip")]
    [InlineData(".", "package", ".")]
    [InlineData("./build/.//x/", "package", "build/x")]
    public void A_package_comes_from_an_output_or_from_a_path(string package, string output, string path)
    {
        var pipeline = Valid($"jobs: {{ a: {{ steps: x, outputs: {{ out: dist }} }} }}\npackage: {package}");

        Assert.Equal([new PackagePart("", "a", output)], pipeline.Package!.Parts);
        Assert.Equal(path, pipeline.Jobs[0].Outputs[output]);
    }

    [Fact]
    public void Named_parts_may_be_paths_of_the_only_job()
    {
        var pipeline = Valid("jobs: { a: { steps: x, outputs: { web: old } } }\npackage: { web: new, docs: site }");

        Assert.Equal([new("web", "a", "web-package"), new PackagePart("docs", "a", "docs")], pipeline.Package!.Parts);
        Assert.Equal(["site", "old", "new"], pipeline.Jobs[0].Outputs.Values);
    }

    [Fact]
    public void A_package_of_another_CI_needs_no_jobs()
    {
        var pipeline = Valid("app: { command: ./run, part: web }\nenvironments: { production: { listen: 80 } }");

        Assert.Null(pipeline.Package);
        Assert.Equal("web", pipeline.Apps[0].Part);
    }

    [Fact]
    public void Jobs_alone_are_a_pipeline() => Assert.Empty(Valid("jobs: { test: { steps: make test } }").Environments);

    [Fact]
    public void An_environment_may_have_nothing_in_it_but_its_name() =>
        Assert.Empty(((AppsTarget)Valid("app: ./worker\nenvironments:\n  production:\n").Environments[0].Target).Listen);

    [Fact]
    public void What_does_not_wait_stays_in_the_order_of_the_file()
    {
        var pipeline = Valid("jobs:\n  z: { steps: x }\n  m: { steps: x, needs: [b, z] }\n  b: { steps: x }\n  a: { steps: x }");

        Assert.Equal(["z", "b", "m", "a"], pipeline.Jobs.Select(job => job.Name));
    }

    [Fact]
    public void Aliases_repeat_what_was_named_before() =>
        Assert.Equal("1", Valid("jobs:\n  a: { steps: x, env: &env { A: 1 } }\n  b: { steps: x, env: *env }").Jobs[1].Env["A"]);

    [Theory]
    [InlineData("8080", "127.0.0.1:8080")]
    [InlineData("\"8080\"", "127.0.0.1:8080")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    [InlineData("10.0.0.1:65535", "10.0.0.1:65535")]
    [InlineData("\"[::1]:80\"", "[::1]:80")]
    public void An_address_is_completed(string listen, string expected)
    {
        var pipeline = Valid($"app: x\nenvironments: {{ e: {{ listen: {listen} }} }}");

        Assert.Equal(expected, ((AppsTarget)pipeline.Environments[0].Target).Listen["web"]);
    }

    [Fact]
    public void The_same_port_on_two_agents_is_no_clash() =>
        Valid("app: x\nenvironments: { a: { listen: 80 }, b: { on: other, listen: 80 } }");

    [Fact]
    public void A_step_is_called_by_its_first_line()
    {
        var file = "jobs:\n  a:\n    steps:\n      - |\n        make all\n        make test\n      - " + new string('x', 100);

        var steps = Valid(file).Jobs[0].Steps;

        Assert.Equal(["make all …", new string('x', 80) + "…"], steps.Select(step => step.Name));
    }

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static Pipeline Valid(string file)
    {
        var parse = PipelineFile.Parse(file);
        Assert.Empty(parse.Errors);
        return parse.Pipeline!;
    }
}
