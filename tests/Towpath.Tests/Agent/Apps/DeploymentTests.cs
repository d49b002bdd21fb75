using Towpath.Agent.Apps;
using Towpath.Agent.Jobs;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using static Towpath.Tests.Agent.Apps.AppMachine;

namespace Towpath.Tests.Agent.Apps;

/// <summary>The stages of a deployment, with real processes and a real router.</summary>
public sealed class DeploymentTests
{
    [Fact]
    public async Task A_release_is_started_checked_and_gets_the_traffic()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", [Web(instances: 2)], variables: ("GREETING", "hello"));

        Succeeded(await machine.StartAsync(plan));
        Assert.Equal("ConnectionError", await machine.GetAsync());
        Succeeded(await machine.CheckAsync(plan));
        Assert.Equal("ConnectionError", await machine.GetAsync());
        Succeeded(await machine.ShiftAsync(plan));

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        Assert.Equal("hello", await machine.GetAsync("/env?name=GREETING"));
        Assert.Equal("127.0.0.1", await machine.GetAsync("/env?name=HOST"));
        Assert.Equal(ReleaseRole.Live, machine.Release("d1")!.Role);
        Assert.Equal(2, machine.PidsOf("d1").Count(IsAlive));
    }

    [Fact]
    public async Task Apps_get_nothing_from_the_agents_own_environment()
    {
        Environment.SetEnvironmentVariable("TOWPATH_TEST_LEAK", "leaked");
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));

        Assert.Equal("", await machine.GetAsync("/env?name=TOWPATH_TEST_LEAK"));
        Assert.Equal("d1", await machine.GetAsync("/env?name=TOWPATH_RELEASE"));
    }

    [Fact]
    public async Task The_replaced_release_stays_warm_and_is_taken_back_with_the_same_processes()
    {
        await using var machine = await AppMachine.StartAsync();
        var first = await machine.DeployAsync(await machine.PlanAsync("d1"));
        var pids = machine.PidsOf("d1").ToList();
        await machine.DeployAsync(await machine.PlanAsync("d2"));
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
        Assert.Equal(ReleaseRole.Warm, machine.Release("d1")!.Role);

        await machine.DeployAsync(first);

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        Assert.Equal(pids, machine.PidsOf("d1"));
    }

    [Fact]
    public async Task A_commit_that_changes_nothing_that_runs_is_verified_and_restarts_nothing()
    {
        await using var machine = await AppMachine.StartAsync();
        var first = await machine.DeployAsync(await machine.PlanAsync("d1"));
        var pids = machine.PidsOf("d1").ToList();

        var next = first with { Run = 2, Package = await machine.RepackAsync(first.Package, "new scripts") };
        await machine.DeployAsync(next with
        {
            Definition = next.Definition with { Verify = [new StepCheck(Step("grep -q 'new scripts' scripts"))] },
        });

        Assert.Equal(pids, machine.PidsOf("d1"));
        Assert.Equal(2, machine.Release("d1")!.Run);
        var other = await machine.StartAsync(next with { Package = (await machine.PlanAsync("d3")).Package });
        Assert.Contains("d1 already, of run 2 with another app", other.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_replaced_release_stops_when_it_is_not_kept_warm()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        var pid = machine.PidsOf("d1").Single();
        await machine.DeployAsync(await machine.PlanAsync("d2", change: it => it with { KeepWarm = TimeSpan.Zero }));

        await Eventually.That(() => !IsAlive(pid), "d1 stops");
        await Eventually.That(
            () => machine.Release("d1") is { Role: ReleaseRole.Stopped, Instances.Count: 0 }, "d1 is recorded as stopped");
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unhealthy_candidate_is_withdrawn_and_nobody_notices()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(instances: 2)]));
        await using var load = Load.On(machine);
        // Long enough to listen on a busy machine.
        var bad = await machine.PlanAsync("d2", [Web(startSeconds: 5)], variables: ("TEST_UNHEALTHY_SECONDS", "1000"));

        Succeeded(await machine.StartAsync(bad));
        var pid = machine.PidsOf("d2").Single();
        var ended = await machine.CheckAsync(bad);
        Succeeded(await machine.WithdrawAsync(bad, "d1"));

        Assert.Equal(new StageEnded(Outcome.Failed, "web/0 answered 503 at /healthz (last: the database is away) for 5 s."), ended);
        Assert.False(IsAlive(pid));
        Assert.Null(machine.Release("d2"));
        await load.EndsWithoutFailureAsync(answeredOnlyBy: "d1");
    }

    [Fact]
    public async Task Deployments_and_rollbacks_drop_no_request()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(instances: 2)]));
        await using var load = Load.On(machine);

        var second = await machine.DeployAsync(await machine.PlanAsync("d2", [Web(instances: 2)], NotKeptWarm));
        var third = await machine.DeployAsync(await machine.PlanAsync("d3"));
        Succeeded(await machine.WithdrawAsync(third, "d2"));
        await machine.DeployAsync(await machine.PlanAsync("d4"));
        await machine.DeployAsync(second);

        await load.EndsWithoutFailureAsync();
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_candidate_that_ends_at_its_start_is_told_with_its_last_lines()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", variables: ("TEST_EXIT", "139"));

        Succeeded(await machine.StartAsync(plan));
        var ended = await machine.CheckAsync(plan);

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.Matches(
            @"^web/0 ended with exit code 139 \(SIGSEGV\) \d+\.\d s after its start; the last line of its log: cannot go on: told to exit$",
            ended.Reason);
        Assert.Contains("web/0 | web of d1 starts", machine.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_listens_elsewhere_is_told_where()
    {
        await using var machine = await AppMachine.StartAsync();
        var other = Tests.Router.RunningRouter.FreePort();
        var plan = await machine.PlanAsync("d1", [Web(startSeconds: 2)], variables: ("TEST_URL", $"http://127.0.0.1:{other}"));

        Succeeded(await machine.StartAsync(plan));
        var ended = await machine.CheckAsync(plan);

        Assert.StartsWith($"web/0 listened on {other}, but not on 127.0.0.1:", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_on_the_instances_port_costs_one_more_try()
    {
        await using var machine = await AppMachine.StartAsync();
        using var squatter = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        squatter.Start();
        var taken = ((System.Net.IPEndPoint)squatter.LocalEndpoint).Port;
        machine.NextPorts.Enqueue(taken);

        await machine.DeployAsync(await machine.PlanAsync("d1"));

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        Assert.Contains(
            $"listens on port {taken}, which was chosen for web/0; it is started again on another port",
            machine.Said,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_on_the_environments_port_fails_the_deployment_and_leaves_the_routes()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        using var squatter = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        squatter.Start();
        var taken = ((System.Net.IPEndPoint)squatter.LocalEndpoint).Port;
        var moved = await machine.PlanAsync("d2", change: it => it with { Target = At("web", taken) });

        Succeeded(await machine.StartAsync(moved));
        Succeeded(await machine.CheckAsync(moved));
        var ended = await machine.ShiftAsync(moved);

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.Contains($"{taken}", ended.Reason, StringComparison.Ordinal);
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        Succeeded(await machine.WithdrawAsync(moved, "d1"));
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_that_cannot_be_set_back_keeps_its_release_running()
    {
        await using var machine = await AppMachine.StartAsync();
        ProcessApp[] apps = [Web() with { Name = "api" }, Web()];
        await machine.DeployAsync(await machine.PlanAsync("d1", [.. apps], it => it with { Target = Both(Router.RunningRouter.FreePort()) }));
        using var squatter = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        squatter.Start();
        var half = await machine.PlanAsync(
            "d2", [.. apps], it => it with { Target = Both(((System.Net.IPEndPoint)squatter.LocalEndpoint).Port) });
        Succeeded(await machine.StartAsync(half));
        await using var load = Load.On(machine);

        // web moves, api cannot; and when web should go back, the router can write nothing.
        var blocker = Path.Combine(machine.Data, "router", "routes.json.new", "in the way");
        var set = 0;
        machine.Crossing = name => _ = name == "route.setting" && ++set == 3 ? Directory.CreateDirectory(blocker) : null;
        await machine.RestartAgentAsync();
        Assert.Equal(Outcome.Failed, (await machine.ShiftAsync(half)).Outcome);
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
        var ended = await machine.WithdrawAsync(half, "d1");

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.StartsWith("d2 still gets requests and goes on: ", ended.Reason, StringComparison.Ordinal);
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(blocker)!, recursive: true);
        Succeeded(await machine.WithdrawAsync(half, "d1"));
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        await load.EndsWithoutFailureAsync();

        AppsTarget Both(int api) => new(OrdinalMap<string>.Empty.With("api", $"127.0.0.1:{api}").With("web", $"127.0.0.1:{machine.Port}"));
    }

    [Fact]
    public async Task With_nothing_to_go_back_to_the_port_answers_503()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.DeployAsync(await machine.PlanAsync("d1"));
        var pid = machine.PidsOf("d1").Single();

        Succeeded(await machine.WithdrawAsync(plan, backTo: null));

        Assert.Equal("503", await machine.GetAsync());
        Assert.False(IsAlive(pid));
        Succeeded(await machine.WithdrawAsync(plan, backTo: null));
    }

    [Fact]
    public async Task A_stopped_release_is_started_again_and_checked_before_traffic_goes_back_to_it()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", change: it => it with { KeepWarm = TimeSpan.Zero }));
        var second = await machine.DeployAsync(await machine.PlanAsync("d2", change: it => it with { KeepWarm = TimeSpan.Zero }));
        await Eventually.That(() => machine.Release("d1") is { Instances.Count: 0 }, "d1 stops");

        Succeeded(await machine.WithdrawAsync(second, "d1"));

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        Assert.Equal(ReleaseRole.Live, machine.Release("d1")!.Role);
        Assert.Empty(machine.PidsOf("d2"));
    }

    [Fact]
    public async Task Before_runs_once_for_a_release()
    {
        await using var machine = await AppMachine.StartAsync();
        var list = machine.At("migrations");
        ValueList<StepDefinition> before = [Step($"echo $TOWPATH_RELEASE in $(ls) >> {list}"), Step("test -f $TOWPATH_PACKAGE/marker")];
        var plan = await machine.PlanAsync("d1", change: it => it with { Before = before });

        await machine.DeployAsync(plan);
        await machine.DeployAsync(plan);
        await machine.RestartAgentAsync();
        Succeeded(await machine.StartAsync(plan));

        Assert.Equal("d1 in scripts\n", await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_failed_before_starts_nothing()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", change: it => it with { Before = [Step("exit 3")] });

        var ended = await machine.StartAsync(plan);

        Assert.Equal(new StageEnded(Outcome.Failed, "before failed: step 'exit 3' ended with exit code 3."), ended);
        Assert.Empty(machine.PidsOf("d1"));
    }

    [Fact]
    public async Task Verify_asks_the_private_address_before_any_traffic()
    {
        await using var machine = await AppMachine.StartAsync();
        var seen = machine.At("seen");
        var asks = $"printf '%s %s' \"$TOWPATH_URL\" \"$TOWPATH_URL_WEB\" > {seen}";
        var plan = await machine.PlanAsync("d1", change: it => it with
        {
            Verify =
            [
                new StepCheck(Step(asks)),
                new HttpCheck("/healthz", 200, TimeSpan.FromSeconds(5)),
                new HttpCheck("/missing", 200, TimeSpan.FromMilliseconds(1)),
            ],
        });

        Succeeded(await machine.StartAsync(plan));
        var ended = await machine.CheckAsync(plan);

        Assert.Equal(new StageEnded(Outcome.Failed, "GET /missing (verify) answered 404; expected was 200 within 0 s."), ended);
        var address = $"http://127.0.0.1:{machine.Release("d1")!.Instances[0].Port}";
        Assert.Equal($"{address} {address}", await File.ReadAllTextAsync(seen, TestContext.Current.CancellationToken));
        Succeeded(await machine.CheckAsync(plan, verify: false));
    }

    [Fact]
    public async Task A_missing_secret_is_named_with_the_command_that_sets_it()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", change: it => it with { Secrets = ["API_KEY", "DATABASE_URL"] });

        var ended = await machine.StartAsync(plan, ("API_KEY", "k"), ("OTHER", "o"));

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.Equal(
            "The secret DATABASE_URL has no value: `towpath secret set --env production DATABASE_URL` gives it one.", ended.Reason);
    }

    [Fact]
    public async Task Secrets_reach_the_app_and_never_the_disk_in_clear()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", change: it => it with { Secrets = ["API_KEY"] }, variables: ("MODE", "variable-in-clear"));

        Succeeded(await machine.StartAsync(plan, ("API_KEY", "open-sesame"), ("OTHER", "not-named")));
        Succeeded(await machine.CheckAsync(plan));
        Succeeded(await machine.ShiftAsync(plan));

        Assert.Equal("open-sesame", await machine.GetAsync("/env?name=API_KEY"));
        Assert.Equal("", await machine.GetAsync("/env?name=OTHER"));
        var files = Directory.EnumerateFiles(machine.At("agent"), "*", SearchOption.AllDirectories);
        foreach (var file in files.Where(file => Path.GetFileName(file) != ".owner"))
        {
            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            Assert.DoesNotContain("open-sesame", text, StringComparison.Ordinal);
            Assert.DoesNotContain("variable-in-clear", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Secrets_in_an_apps_last_words_are_masked()
    {
        await using var machine = await AppMachine.StartAsync();
        var talkative = Web(command: "echo cannot open $API_KEY; exit 1");
        var plan = await machine.PlanAsync("d1", [talkative], it => it with { Secrets = ["API_KEY"] });

        Succeeded(await machine.StartAsync(plan, ("API_KEY", "open-sesame")));
        var ended = await machine.CarryOutAsync(id => new CheckRelease(id, plan, Verify: true), ("API_KEY", "open-sesame"));

        Assert.EndsWith("the last line of its log: cannot open ***", ended.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_the_sandbox_before_and_verify_find_package_home_and_address()
    {
        Assert.SkipUnless(await Bubblewrap.ProbeAsync(Path.GetTempPath()) == SandboxLevel.Bubblewrap, "bubblewrap is not there");
        await using var machine = await AppMachine.StartAsync(SandboxLevel.Bubblewrap);
        var plan = await machine.PlanAsync("d1", change: it => it with
        {
            Before = [Step("cat $TOWPATH_PACKAGE/marker scripts > ~/migrated")],
            Verify = [new StepCheck(Step("grep d1 ~/migrated && curl -sf $TOWPATH_URL/healthz"))],
        });

        await machine.DeployAsync(plan);

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changed_secrets_restart_a_warm_release_before_it_is_taken_back()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1", change: it => it with { Secrets = ["API_KEY"] });
        Succeeded(await machine.StartAsync(plan, ("API_KEY", "old")));
        Succeeded(await machine.ShiftAsync(plan));
        await machine.DeployAsync(await machine.PlanAsync("d2"));

        Succeeded(await machine.StartAsync(plan, ("API_KEY", "new")));
        Succeeded(await machine.ShiftAsync(plan));

        Assert.Equal("new", await machine.GetAsync("/env?name=API_KEY"));
    }

    [Fact]
    public async Task A_damaged_layer_is_refused()
    {
        await using var machine = await AppMachine.StartAsync();
        var plan = await machine.PlanAsync("d1");
        machine.Damage(plan.Package.App);

        var ended = await machine.StartAsync(plan);

        Assert.Equal(Outcome.Errored, ended.Outcome);
        Assert.StartsWith($"The app layer of package {plan.Package.Digest.Short} is damaged", ended.Reason, StringComparison.Ordinal);
        Assert.Empty(machine.PidsOf("d1"));
    }

    [Fact]
    public async Task Without_overlap_the_old_one_is_stopped_before_the_new_one_starts()
    {
        await using var machine = await AppMachine.StartAsync();
        var order = machine.At("order");
        ValueList<AppDefinition> apps = [Web(), Worker(overlap: false)];
        await machine.DeployAsync(await machine.PlanAsync("d1", apps));
        Assert.Equal(2, machine.PidsOf("d1").Count(IsAlive));
        var second = await machine.PlanAsync("d2", [Web(), Worker(overlap: false) with { Command = $"TEST_ORDER={order} exec {TestApp}" }]);
        Succeeded(await machine.StartAsync(second));
        Succeeded(await machine.CheckAsync(second));
        Assert.Equal("web", Assert.Single(machine.Release("d2")!.Instances).App);
        var old = machine.Release("d1")!.Instances.Single(instance => instance.App == "worker").Pid;

        Succeeded(await machine.ShiftAsync(second));

        Assert.False(IsAlive(old));
        Assert.Equal(["web"], machine.Release("d1")!.Instances.Select(instance => instance.App));
        Assert.Equal(["web", "worker"], machine.Release("d2")!.Instances.Select(instance => instance.App));
        await Eventually.That(() => File.Exists(order) && File.ReadAllText(order) == "d2 starts\n", "the new worker has started");
        var third = await machine.PlanAsync("d3", [Web(), Worker(overlap: false) with { Command = $"TEST_ORDER={order} exec {TestApp}" }]);
        await machine.DeployAsync(third);
        await Eventually.That(() => File.ReadAllText(order) == "d2 starts\nd2 stops\nd3 starts\n", "one stopped before the other started");
        Succeeded(await machine.WithdrawAsync(third, "d2"));
        await Eventually.That(
            () => File.ReadAllText(order) == "d2 starts\nd2 stops\nd3 starts\nd3 stops\nd2 starts\n", "the way back has the same order");
    }

    [Fact]
    public async Task A_new_worker_that_fails_leaves_the_way_back_to_the_old_one()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1", [Web(), Worker(overlap: false)]));
        var failing = Worker(overlap: false) with { Command = "exit 7", ReadyAfter = TimeSpan.FromSeconds(1) };
        var bad = await machine.PlanAsync("d2", [Web(), failing]);
        Succeeded(await machine.StartAsync(bad));
        Succeeded(await machine.CheckAsync(bad));

        var ended = await machine.ShiftAsync(bad);
        Succeeded(await machine.WithdrawAsync(bad, "d1"));

        Assert.Equal(Outcome.Failed, ended.Outcome);
        Assert.Contains("worker/0 ended with exit code 7", ended.Reason, StringComparison.Ordinal);
        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
        Assert.Equal(2, machine.PidsOf("d1").Count(IsAlive));
        Assert.Null(machine.Release("d2"));
    }

    [Fact]
    public async Task A_static_site_is_verified_privately_and_then_served()
    {
        await using var machine = await AppMachine.StartAsync();
        var site = new StaticApp("web", "", "site");
        var seen = machine.At("seen");
        var plan = await machine.PlanAsync("d1", [site], it => it with
        {
            Verify = [new StepCheck(Step($"curl -sf $TOWPATH_URL/ > {seen}")), new HttpCheck("/index.html", 200, TimeSpan.FromSeconds(5))],
        });

        Succeeded(await machine.StartAsync(plan));
        Succeeded(await machine.CheckAsync(plan));
        Assert.Equal("ConnectionError", await machine.GetAsync());
        Succeeded(await machine.ShiftAsync(plan));

        Assert.Equal("site of d1", await machine.GetAsync());
        Assert.Equal("site of d1", await File.ReadAllTextAsync(seen, TestContext.Current.CancellationToken));
        var second = await machine.DeployAsync(await machine.PlanAsync("d2", [site]));
        Assert.Equal("site of d2", await machine.GetAsync());
        Succeeded(await machine.WithdrawAsync(second, "d1"));
        Assert.Equal("site of d1", await machine.GetAsync());
    }

    [Fact]
    public async Task A_static_folder_that_is_not_in_the_package_is_named()
    {
        await using var machine = await AppMachine.StartAsync();

        var ended = await machine.StartAsync(await machine.PlanAsync("d1", [new StaticApp("web", "", "public")]));

        Assert.Equal(new StageEnded(Outcome.Failed, "The package has no folder 'public' for the app web."), ended);
    }

    [Fact]
    public async Task An_app_that_a_release_no_longer_has_loses_its_route()
    {
        await using var machine = await AppMachine.StartAsync();
        await machine.DeployAsync(await machine.PlanAsync("d1"));
        ValueList<AppDefinition> renamed = [Web() with { Name = "front" }];
        var plan = await machine.PlanAsync("d2", renamed, it => it with { Target = At("front", machine.Port) });

        await machine.DeployAsync(plan);
        Assert.StartsWith("d2 ", await machine.GetAsync(), StringComparison.Ordinal);
        Succeeded(await machine.WithdrawAsync(plan, "d1"));

        Assert.StartsWith("d1 ", await machine.GetAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_is_in_use_and_three_places_to_go_back_to_stay_on_disk()
    {
        await using var machine = await AppMachine.StartAsync();
        for (var number = 1; number <= 6; number++)
            await machine.DeployAsync(await machine.PlanAsync($"d{number}", [new StaticApp("web", "", "site")], NotKeptWarm));

        var releases = machine.At("agent", "apps", "shop", "production", "releases");
        await Eventually.That(
            () => Names(releases) == "d3 d4 d5 d6", "older ones are removed");

        static string Names(string folder) =>
            string.Join(' ', Directory.GetDirectories(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private static EnvironmentDefinition NotKeptWarm(EnvironmentDefinition definition) => definition with { KeepWarm = TimeSpan.Zero };

    private static AppsTarget At(string app, int port) => new(OrdinalMap<string>.Empty.With(app, $"127.0.0.1:{port}"));
}
