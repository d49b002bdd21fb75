using CsCheck;
using Towpath.Core;
using Towpath.Core.Pipelines;
using Towpath.Core.Pipelines.Init;

namespace Towpath.Tests.Core.Pipelines;

public sealed class PipelineInitTests
{
    private const string WebProject = """<Project Sdk="Microsoft.NET.Sdk.Web"></Project>""";
    private const string Library = """<Project Sdk="Microsoft.NET.Sdk" />""";
    private const string TestProject = Library + """<PackageReference Include="Microsoft.NET.Test.Sdk" />""";

    [Fact]
    public void A_web_project_with_its_own_tests_is_the_app()
    {
        var (text, pipeline, _) = Propose(
            ("shop.csproj", WebProject + """<PackageReference Include="Microsoft.NET.Test.Sdk" />"""),
            ("Program.cs", "var app = WebApplication.CreateBuilder(args).Build();"),
            ("Tests/ShopTests.cs", ""));

        Assert.Contains("dotnet test shop.csproj", text, StringComparison.Ordinal);
        Assert.Contains("command: ./shop", text, StringComparison.Ordinal);
        Assert.Equal(2, pipeline.Environments.Count);
    }

    [Fact]
    public void A_dotnet_service_is_tested_published_and_started()
    {
        var (text, pipeline, guesses) = Propose(
            ("Shop.slnx", ""),
            ("src/Shop/Shop.csproj", WebProject),
            ("src/Shop/Program.cs", "app.MapHealthChecks(\"/healthz\");"),
            ("tests/Shop.Tests/Shop.Tests.csproj", TestProject));

        Assert.Equal("""
            # From commit to production. `towpath check` validates this file, `towpath plan` says what it does,
            # `towpath run` runs its jobs here.

            jobs:
              build:
                steps:
                  - dotnet test Shop.slnx -c Release --logger trx
                  - dotnet publish src/Shop/Shop.csproj -c Release -o out
                # Failed tests are listed with their message.
                reports: { tests: "**/*.trx" }

            # What goes to the environments, the same bytes to each.
            package: out

            app:
              command: ./Shop
              health: /healthz

            environments:
              staging:
                listen: 8081
                # Asked of the new version before it gets any traffic; steps such as ./smoke.sh work here too.
                verify:
                  - http: /healthz
              production:
                after: staging
                listen: 8080

            """.ReplaceLineEndings("\n"), text);
        Assert.Equal(["staging", "production"], pipeline.Environments.Select(environment => environment.Name));
        Assert.Equal(3, guesses.Count);
    }

    [Theory]
    [InlineData("<AssemblyName>shop-web</AssemblyName>", "./shop-web")]
    [InlineData("<UseAppHost>false</UseAppHost>", "dotnet My.Shop.dll")]
    [InlineData("", "./My.Shop")]
    public void A_dotnet_app_is_started_by_its_assembly(string property, string command) =>
        Assert.Equal(command, Command(Propose(("My.Shop.csproj", WebProject + property)).Pipeline));

    [Fact]
    public void A_dotnet_project_with_several_frameworks_is_published_for_the_last_that_runs_anywhere() =>
        Assert.Equal(
            "dotnet publish A.csproj -c Release -f net9.0 -o out",
            FirstStep(("A.csproj", WebProject + "<TargetFrameworks>net8.0;net9.0;net9.0-windows</TargetFrameworks>")));

    [Fact]
    public void A_dotnet_worker_listens_nowhere()
    {
        var pipeline = Propose(("Worker.csproj", """<Project Sdk="Microsoft.NET.Sdk.Worker" />""")).Pipeline;

        Assert.Equal(TimeSpan.FromSeconds(10), ((ProcessApp)pipeline.Apps[0]).ReadyAfter);
        Assert.All(pipeline.Environments, environment => Assert.Empty(((AppsTarget)environment.Target).Listen));
    }

    [Fact]
    public void A_dotnet_library_is_tested_and_not_deployed()
    {
        var pipeline = Propose(("Lib.sln", ""), ("Lib/Lib.csproj", Library), ("Tests/T.csproj", TestProject)).Pipeline;

        Assert.Equal("dotnet test Lib.sln -c Release --logger trx", pipeline.Jobs[0].Steps[0].Run);
        Assert.Empty(pipeline.Environments);
    }

    [Fact]
    public void Tests_on_the_testing_platform_get_no_logger_of_the_older_one() =>
        Assert.Equal(
            "dotnet test A.slnx -c Release",
            FirstStep(
                ("A.slnx", ""),
                ("A.csproj", TestProject),
                ("global.json", """{ "test": { "runner": "Microsoft.Testing.Platform" } }""")));

    [Fact]
    public void An_address_that_the_settings_fix_is_pointed_out() =>
        Assert.Contains(
            "Kestrel endpoints, which win over ASPNETCORE_URLS",
            Propose(("A.csproj", WebProject), ("appsettings.json", """{ "Kestrel": { "Endpoints": {} } }""")).Text,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("package-lock.json", "npm ci", "npm test")]
    [InlineData("yarn.lock", "yarn install --frozen-lockfile", "yarn test")]
    [InlineData("pnpm-lock.yaml", "pnpm install --frozen-lockfile", "pnpm test")]
    [InlineData("bun.lock", "bun install --frozen-lockfile", "bun run test")]
    [InlineData("README.md", "npm install", "npm test")]
    public void A_node_project_is_installed_by_the_manager_of_its_lock_file(string file, string install, string test)
    {
        var pipeline = Propose(("package.json", """{ "scripts": { "test": "jest", "start": "node server.js" } }"""), (file, "")).Pipeline;

        Assert.Equal([install, test], pipeline.Jobs[0].Steps.Select(step => step.Run));
    }

    [Fact]
    public void A_node_service_is_the_workspace_after_its_build()
    {
        const string Manifest = """
            { "scripts": { "build": "tsc", "test": "echo \"Error: no test specified\" && exit 1", "start": "node dist/index.js" } }
            """;

        var (text, pipeline, _) = Propose(
            ("package.json", Manifest),
            ("package-lock.json", ""),
            ("src/index.ts", "app.get('/', page); app.get('/healthz', ok); app.listen(process.env.PORT)"));

        Assert.Equal(["npm ci", "npm run build"], pipeline.Jobs[0].Steps.Select(step => step.Run));
        Assert.Equal(".", pipeline.Jobs[0].Outputs["package"]);
        Assert.Equal(("node dist/index.js", "/healthz"), (Command(pipeline), ((ProcessApp)pipeline.Apps[0]).Health));
        Assert.DoesNotContain("PORT", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "scripts": { "start": "NODE_ENV=production node server.js" } }""", "npm start")]
    [InlineData("""{ "scripts": { "start": "nodemon server.js" } }""", "node server.js")]
    [InlineData("""{ "main": "./lib/main.js" }""", "node server.js")]
    [InlineData("""{ "scripts": { "start": "next dev", "build": "next build" }, "dependencies": { "next": "15" } }""", "npx next start")]
    public void A_node_service_is_started_for_production(string manifest, string command)
    {
        var pipeline = Propose(("package.json", manifest), ("server.js", "createServer()"), ("lib/main.js", "exports.x = 1")).Pipeline;

        Assert.Equal(command, Command(pipeline));
    }

    [Fact]
    public void A_node_service_that_does_not_read_PORT_is_told_to()
    {
        var (text, _, guesses) = Propose(
            ("package.json", """{ "scripts": { "start": "node server.js" } }"""),
            ("server.js", "createServer().listen(3000)"));

        Assert.Contains("  # No source reads PORT: ", text, StringComparison.Ordinal);
        Assert.Contains(guesses, guess => guess.StartsWith("No source reads PORT", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "scripts": { "build": "vite build", "dev": "vite" } }""", "", "dist")]
    [InlineData("""{ "scripts": { "build": "vite build", "dev": "vite" } }""", "build: { outDir: './www' }", "www")]
    [InlineData("""{ "scripts": { "build": "react-scripts build", "start": "react-scripts start" } }""", "", "build")]
    public void A_site_that_node_builds_is_served_by_the_router(string manifest, string config, string folder)
    {
        var pipeline = Propose(("package.json", manifest), ("vite.config.js", config), ("index.html", "")).Pipeline;

        Assert.Equal(new StaticApp("web", "", ""), pipeline.Apps[0]);
        Assert.Equal(folder, pipeline.Jobs[0].Outputs["package"]);
    }

    [Fact]
    public void A_test_runner_that_would_wait_for_changes_is_told_that_nobody_looks() =>
        Assert.Equal("true", Propose(("package.json", """{ "scripts": { "test": "vitest" } }""")).Pipeline.Jobs[0].Steps[^1].Env["CI"]);

    [Theory]
    [InlineData("package.json", "{ not json")]
    [InlineData("package.json", "[]")]
    [InlineData("Makefile", "all:")]
    public void What_is_not_understood_gives_a_file_to_fill_in(string path, string content)
    {
        var (_, pipeline, guesses) = Propose((path, content));

        Assert.Single(pipeline.Jobs[0].Steps);
        Assert.Contains(guesses, guess => guess.Contains("fill in the steps", StringComparison.Ordinal));
    }

    [Fact]
    public void A_page_at_the_root_is_served_without_what_lies_beside_it()
    {
        var pipeline = Propose(
            ("index.html", ""), ("css/it's.css", ""), (".git/config", ""), (".env", ""),
            ("README.md", ""), ("CODE_OF_CONDUCT.md", ""), ("a b.png", "")).Pipeline;

        Assert.Equal("rm -rf towpath-site && mkdir towpath-site && cp -R 'a b.png' css index.html towpath-site/", pipeline.Jobs[0].Steps[1].Run);
        Assert.Equal("towpath-site", pipeline.Jobs[0].Outputs["package"]);
    }

    [Fact]
    public void A_page_in_public_is_served_from_there() =>
        Assert.Equal("public", Propose(("public/index.html", "")).Pipeline.Jobs[0].Outputs["package"]);

    [Theory]
    [InlineData(8080, 8082)]
    [InlineData(8081, 8082)]
    [InlineData(8079, 8080)]
    public void Ports_of_others_are_left_to_them(int taken, int production)
    {
        var proposal = PipelineInit.Propose(["index.html"], _ => "", port => port == taken);

        var pipeline = PipelineFile.Parse(proposal.File).Pipeline!;
        Assert.Equal([$"127.0.0.1:{production + 1}", $"127.0.0.1:{production}"], pipeline.Environments.SelectMany(Listen));
        Assert.Equal(production != 8080, proposal.Guesses.Any(guess => guess.Contains($"port {production}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Where_every_port_is_taken_the_usual_ones_are_proposed() =>
        Assert.Contains("listen: 8080\n", PipelineInit.Propose(["index.html"], _ => "", _ => true).File, StringComparison.Ordinal);

    private static IEnumerable<string> Listen(EnvironmentDefinition environment) => ((AppsTarget)environment.Target).Listen.Values;

    [Fact]
    public void Whatever_lies_in_a_repository_the_proposal_is_valid()
    {
        var paths = Gen.OneOf([.. Paths.Select(path => Gen.Const(path))]);
        var texts = Gen.OneOf([.. Texts.Select(text => Gen.Const(text)), Gen.String]);

        Gen.Select(paths, texts).Array[0, 8].Sample(files => { Propose(files); }, iter: 2_000);
    }

    private static readonly string[] Paths =
    [
        "A.sln", "src/My App/My App.csproj", "T/T.csproj", "it's.csproj", "package.json", "package-lock.json", "yarn.lock",
        "server.js", "index.html", "vite.config.ts", "public/index.html", "out/x", "src/a.cs", "src/a.js", "global.json",
        "appsettings.json", "-x", "a\nb", "docs/ü.html", "angular.json", "node_modules/x/index.html",
    ];

    private static readonly string[] Texts =
    [
        "", WebProject, TestProject, "<Project Sdk=\"Microsoft.NET.Sdk.Worker\"><AssemblyName>a: b # c</AssemblyName>",
        "{\"scripts\":{\"start\":\"node 'a: b' # x\"}}", "{\"scripts\":{\"start\":\"serve\"}}", "\"outputPath\": \"dist/x\" :application\"",
        "{\"scripts\":{\"build\":\"vite build\",\"test\":\"vitest\"},\"main\":\"../x.js\"}", "outDir: '../../etc'",
        "{\"scripts\":{\"start\":\"\\u0000\\n\",\"build\":\"ng build\"}}", "app.get('/health'); listen(", "MapHealthChecks(\"/\")",
    ];

    private static string FirstStep(params (string Path, string Text)[] files) => Propose(files).Pipeline.Jobs[0].Steps[0].Run;

    private static string Command(Pipeline pipeline) => ((ProcessApp)Assert.Single(pipeline.Apps)).Command;

    private static (string Text, Pipeline Pipeline, ValueList<string> Guesses) Propose(params (string Path, string Text)[] files)
    {
        var proposal = PipelineInit.Propose(
            files.Select(file => file.Path), path => files.First(file => file.Path == path).Text, isPortTaken: _ => false);
        var parse = PipelineFile.Parse(proposal.File);
        Assert.Empty(parse.Errors);
        Assert.NotEmpty(proposal.Guesses);
        return (proposal.File, parse.Pipeline!, proposal.Guesses);
    }
}
