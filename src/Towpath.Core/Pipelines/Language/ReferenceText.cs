namespace Towpath.Core.Pipelines.Language;

/// <summary>The words around the tables of docs/pipeline-file.md. Every example in them is parsed by a test.</summary>
internal static class ReferenceText
{
    public const string Opening = """
        # The pipeline file

        <!-- Generated from src/Towpath.Core/Pipelines/Language: change it there, then run `TOWPATH_WRITE_DOCS=1 ./test`. -->

        `towpath.yml` lies at the root of a repository and says how a commit becomes a package and where that package goes. It is
        part of the commit: a run uses the file as it was at its commit, from the first job to production. `towpath init` writes one
        for a repository, `towpath check` validates it, `towpath plan` says what it would do, and a push with a wrong file is refused.

        ```yaml
        jobs:
          build:
            steps: [npm ci, npm test]
        package: .
        app: { command: node server.js, health: / }
        environments:
          staging: { listen: 8081, verify: [./smoke.sh] }
          production: { after: [staging], listen: 8080 }
        ```

        That is a whole pipeline. A commit is built and tested; the workspace becomes the package; the package is started for
        staging, checked, and gets staging's traffic; then the very same bytes go to production. A larger one:

        ```yaml
        jobs:
          test:
            steps: [dotnet test --logger trx]
            reports: { tests: "**/*.trx" }
          publish:
            needs: [test]
            steps:
              - run: dotnet publish src/Shop -c Release -o out/shop
                timeout: 10m
              - dotnet publish src/Worker -c Release -o out/worker
            outputs: { shop: out/shop, worker: out/worker }
        package: { web: publish.shop, worker: publish.worker }
        apps:
          web:    { command: ./Shop, health: /healthz, instances: 2 }
          worker: { command: ./Worker, ready: alive 10s, overlap: false }
          site:   { static: wwwroot/, part: web }
        environments:
          staging:
            listen: { web: 8081, site: 8082 }
            env: { LOG: debug }
            secrets: [DATABASE_URL]
            before: [./migrate.sh]
            verify: [./smoke.sh, { http: /healthz }]
          production:
            after: [staging]
            listen: { web: 8080, site: 0.0.0.0:8083 }
            secrets: [DATABASE_URL]
            keepWarm: 1h
          npm:
            after: [staging]
            deploy: npm publish "$TOWPATH_PACKAGE"
            undo: none
            repeatable: false
        ```

        An editor that knows YAML completes and checks the file with `# yaml-language-server: $schema=docs/towpath.schema.json` (or
        wherever [towpath.schema.json](towpath.schema.json) lies) in its first line.
        """;

    public const string Root = """
        ## The file

        All keys are optional; a file has `jobs`, `environments`, or both. Without jobs, another CI brings the packages with
        `towpath packages push`. The project's name comes from the push.
        """;

    public const string Jobs = """
        ## Jobs

        A job runs its steps in a fresh workspace that holds the repository at the commit. Jobs run at the same time unless one needs
        another; a job that needs others starts when they have succeeded, and finds their outputs in its workspace.
        """;

    public const string Steps = """
        ## Steps

        Steps are written in one way everywhere: in `steps`, `before`, `verify`, `deploy` and `undo`. A text is short for a map
        with `run`; a single step is short for a list of one. A step fails when its command ends with another status than 0, and
        then the steps after it do not run.

        ```yaml
        jobs:
          test:
            steps:
              - npm ci
              - run: |
                  npm test
                  npm run lint
                name: tests and lint
                env: { CI: true }
                timeout: 10m
                shell: bash
        ```
        """;

    public const string Reports = """
        ### Reports
        """;

    public const string Triggers = """
        ## Triggers

        Every push starts a run. A schedule starts one as well, of the newest commit of the default branch and with the pipeline file
        of that commit; a push that changes `triggers` changes the schedules from then on, and other branches have none.

        ```yaml
        triggers:
          - cron: "0 3 * * *"
            zone: Europe/Amsterdam
          - cron: "*/30 8-17 * * MON-FRI"
        jobs:
          test: { steps: ./test.sh }
        ```

        Such a run has the order of its commit: what it packages is offered to the environments, replaces no newer commit, and is not
        outdated by the earlier run of the same one. A package that was rolled back is not deployed again by it.

        Each time starts one run, also when the clock is set back or the server is restarted. A server that was away starts one run
        for the last time that it missed, and the run says how many before it were missed as well. Where clocks go forward, a time
        that does not exist comes when the clock has jumped; where they go back, a time that comes twice counts once, and
        expressions with `*` or `/` in minute or hour go on through both hours.
        """;

    public const string Package = """
        ## Package

        What goes to the environments. It is stored once, under the digest of its bytes, and every environment gets these bytes.

        - `package: publish.shop` is the output `shop` of the job `publish`.
        - `package: dist/` is a path in the workspace of the only job. With several jobs, name the output.
        - `package: { web: publish.shop, worker: publish.worker }` puts several into one package, each in a folder of its name.

        A text of the form `a.b` is an output when there is a job `a`; `./a.b` is always a path.

        ```yaml
        jobs:
          build:
            steps: make dist
        package: { web: dist/web, docs: dist/docs }
        ```
        """;

    public const string Processes = """
        ## Apps

        ### Processes

        A process is started by `sh -c` in its folder of the package. One that listens must do so on the port in `PORT` at the address
        in `HOST`; the router has the public port. For ASP.NET Core `ASPNETCORE_URLS` says the same. A text is short for a map with
        `command`: `app: node server.js`.
        """;

    public const string StaticSites = """
        ### Static sites

        ```yaml
        jobs:
          build:
            steps: [npm ci, npm run build]
        package: dist/
        app: { static: . }
        environments:
          production: { listen: 8080 }
        ```
        """;

    public const string Migrations = """
        ## Migrations

        While traffic moves, the old and the new version run side by side on one database, and the old one may come back. So a change of
        the database has two halves: `expand` adds what the new version needs and leaves what the old one uses; `contract` takes away
        what only older versions used, once none of them can come back.

        ```yaml
        app: { command: ./server, health: / }
        migrations: { expand: ./migrate.sh expand, contract: ./migrate.sh contract, contractAfter: 2d }
        environments:
          production: { listen: 8080, secrets: [DATABASE_URL] }
        ```

        `expand` runs once for each version in each environment, before `before`. `contract` runs when the version has been live there
        for `contractAfter`, as a deployment of its own, which waits for others and for a hold to be lifted. That a newer version has
        replaced it by then does not matter; that it was rolled back means that nothing is taken away. From its start on, a rollback to
        a version before it, or a promotion of one, is refused with the reason, also on the machine itself. One that fails is not tried
        again for the same version. Both may be started again when the machine died meanwhile, so they have to bear that.
        """;

    public const string Environments = """
        ## Environments

        A place where a version is live. A new package is offered to the environments that come `after` no other, at the same time;
        from there it goes on. One deployment at a time happens in an environment, and an older commit never replaces a newer one
        by itself.
        """;

    public const string EnvironmentsWithApps = """
        ### Environments with apps

        The pipeline's apps run on the environment's machine. `before` runs first, then the new instances start beside the old ones,
        their health and `verify` are asked, and then the traffic moves. What fails before that has not been seen by anyone; what
        fails after it is taken back.

        One port of one machine belongs to one app. `listen: 8080` is short for the one app of the file at `127.0.0.1:8080`; write
        `0.0.0.0:8080` to open it to the network.
        """;

    public const string EnvironmentsWithCommand = """
        ### Environments with a command

        For what Towpath does not run itself: a package registry, a cloud, a cluster.

        ```yaml
        jobs:
          build: { steps: [npm ci, npm test, npm pack] }
        package: .
        environments:
          npm:
            deploy: npm publish "$TOWPATH_PACKAGE"
            secrets: [NPM_TOKEN]
            undo: npm dist-tag add shop@previous latest
            verify: npm view shop version
        ```

        The `undo` command is that of the version that is taken back, and runs in its deploy layer: `towpath rollback` runs it, and then
        `verify` of the version before. It leads back by one version. With `undo: redeploy` the version before is deployed again.
        """;

    public const string Checks = """
        ### HTTP checks

        An item of `verify` is a step or a map with `http`.
        """;

    public const string Values = """
        ## Values

        Text needs no quotes unless YAML gives its first character a meaning (`*`, `&`, `!`, `@`, `[`, `{`, `#`) or it contains `: `.
        Variables stay as they are written: `1.10`, `on` and `yes` are text. Numbers and flags are written without quotes.
        """;

    public const string Mistakes = """
        ## What is refused

        All mistakes that can be found are reported together, each as `towpath.yml:LINE:COLUMN`, at most 20 of them. Unknown keys are
        mistakes, and the nearest known key is suggested:

        <!-- invalid: 3:5 unknown key 'step' in job 'test': did you mean 'steps'? -->
        ```yaml
        jobs:
          test:
            step: npm test
        ```

        <!-- invalid: 8:16 port 8080 is taken already by app 'web' in environment 'staging' on the same machine: choose another one -->
        ```yaml
        jobs:
          test: { steps: npm test }
        package: .
        app: node server.js
        environments:
          staging: { listen: 8080 }
          production:
            listen:    8080
        ```

        So are duplicate keys, tags (`!!str`), merge keys (`<<`), keys that are not text and a second document. `&` and `*` may name
        and repeat a value. A file has at most 1 MiB and 10,000 values (repeated ones counted each time), nested at most 64 deep.
        """;

    public const string Later = """
        ## Not yet

        These keys are known, refused by this version, and kept for a later one:
        """;
}
