namespace Towpath.Acceptance;

/// <summary>One clear sentence each, the right exit code, and nothing lost.</summary>
public sealed class BadInputTests(UpFixture fixture)
{
    private readonly UpTowpath up = fixture.Up;

    [Theory]
    [InlineData(3, "no project 'nobody'", "runs", "--project", "nobody")]
    [InlineData(2, "is no run", "runs", "show", "seven")]
    [InlineData(2, "--environment", "deployments", "wait", "--run", "1")]
    [InlineData(2, "is no duration", "runs", "wait", "1", "--timeout", "soon")]
    [InlineData(2, "say whose log", "logs")]
    [InlineData(2, "nowhere to listen", "up", "--listen", "7070")]
    [InlineData(2, "there is no file", "check", "no-such-file.yml")]
    [InlineData(2, "there is no folder", "packages", "push", "no-such-folder", "--commit", "abc")]
    [InlineData(2, "DIR is empty", "packages", "push", "", "--commit", "abc")]
    [InlineData(2, "FILE is empty", "restore", "")]
    [InlineData(2, "FILE is empty", "backup", "")]
    [InlineData(2, "--keys is empty", "backup", "b.tar.gz", "--keys", "")]
    public async Task Wrong_usage_is_said_in_a_sentence(int code, string sentence, params string[] arguments)
    {
        var ran = (await up.RunAsync(arguments)).Expect(code);
        Assert.Contains(sentence, ran.Errors, StringComparison.Ordinal);
        Assert.Single(ran.Errors.TrimEnd().Split('\n'));
        Assert.Equal("", ran.Output);
    }

    [Fact]
    public async Task A_pipe_where_a_file_was_expected_is_not_waited_for()
    {
        using var repository = await Repository.CreateAsync(up, "piped");
        Directory.Delete(Path.Combine(repository.Folder, ".git"), recursive: true);
        (await Ran.Async("mkfifo", [Path.Combine(repository.Folder, "package.json")])).Expect(0);
        repository.Write("index.html", "Page");
        (await Ran.Async(Built.Towpath, ["init"], repository.Folder)).Expect(0);
    }

    [Fact]
    public async Task A_wrong_token_is_refused_everywhere()
    {
        var wrong = new Dictionary<string, string?> { ["TOWPATH_URL"] = up.Url, ["TOWPATH_TOKEN"] = "wrong" };
        var ran = (await Ran.Async(Built.Towpath, ["projects"], environment: wrong)).Expect(3);
        Assert.Contains("token is wrong", ran.Errors, StringComparison.Ordinal);
        using var repository = await Repository.CreateAsync(up, "intruder", token: "wrong");
        repository.Write("towpath.yml", "jobs: { a: { steps: [ls] } }");
        await repository.CommitAsync("One");
        Assert.NotEqual(0, (await repository.PushAsync()).Code);
        var right = new Dictionary<string, string?> { ["TOWPATH_URL"] = up.Url, ["TOWPATH_TOKEN"] = up.Token };
        var projects = (await Ran.Async(Built.Towpath, ["projects", "--json"], environment: right)).Expect(0).Output;
        Assert.DoesNotContain("intruder", projects, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_file_is_refused_in_the_push_with_its_place()
    {
        using var repository = await Repository.CreateAsync(up, "invalid");
        repository.Write("towpath.yml", "jobs:\n  build:\n    stesp: [ls]\n");
        await repository.CommitAsync("One");
        var ran = await repository.PushAsync();
        Assert.NotEqual(0, ran.Code);
        Assert.Contains("towpath.yml:3:5", ran.Errors, StringComparison.Ordinal);
        Assert.Contains("did you mean 'steps'?", ran.Errors, StringComparison.Ordinal);
        var check = (await Ran.Async(Built.Towpath, ["check"], repository.Folder)).Expect(2);
        Assert.Contains("towpath.yml:3:5", check.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_a_time_zone_database_says_what_to_install()
    {
        using var repository = await Repository.CreateAsync(up, "zoneless");
        repository.Write("towpath.yml", "triggers: { cron: \"0 3 * * *\", zone: Europe/Amsterdam }\njobs: { a: { steps: ls } }\n");
        var check = (await Ran.Async(
            Built.Towpath, ["check"], repository.Folder, new Dictionary<string, string?> { ["TZDIR"] = "/no/such/folder" })).Expect(2);
        Assert.Contains("towpath.yml:1:38", check.Errors, StringComparison.Ordinal);
        Assert.Contains("no time zone database: install 'tzdata' there, or write UTC", check.Errors, StringComparison.Ordinal);
        (await Ran.Async(Built.Towpath, ["check"], repository.Folder)).Expect(0);
    }

    [Theory]
    [InlineData("missing", "outputs: { site: nowhere/ }", "nowhere")]
    [InlineData("noxml", "reports: { tests: report.xml }\n    outputs: { site: public/ }", "report.xml")]
    public async Task What_a_job_promises_and_does_not_hold_fails_it_with_a_reason(string project, string rest, string named)
    {
        using var repository = await Repository.CreateAsync(up, project);
        repository.Write("towpath.yml", $"jobs:\n  build:\n    steps: [ls]\n    {rest}\n");
        repository.Write("report.xml", "this is no report");
        repository.Write("public/index.html", "Page");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("runs", "wait", "1")).Expect(1);
        var run = (await repository.RunAsync("runs", "show", "1", "--json")).Expect(0).Json;
        Assert.Equal("failed", run.GetProperty("state").GetString());
        Assert.Contains(named, run.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_ends_up_with_3_and_leaves_nothing_running()
    {
        var data = Directory.CreateTempSubdirectory("towpath-acc-").FullName;
        try
        {
            var ran = (await Ran.Async(Built.Towpath, ["up", "--data", data, "--listen", new Uri(up.Url).Authority])).Expect(3);
            Assert.Contains("in use", ran.Errors, StringComparison.Ordinal);
            var down = (await Ran.Async(Built.Towpath, ["down", "--data", data])).Expect(0);
            Assert.Contains("Nothing was up", down.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_port_of_an_environment_in_use_is_said_and_errors_the_deployment()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        using var repository = await Repository.CreateAsync(up, "crowded");
        repository.Write("towpath.yml", Site.Pipeline(port, Site.FreePort()));
        repository.Write("public/index.html", "Page");
        await repository.CommitAsync("One");
        (await repository.PushAsync()).Expect(0);
        (await repository.RunAsync("deployments", "wait", "--run", "1", "--environment", "staging")).Expect(1);
        var shown = (await repository.RunAsync("envs", "show", "staging", "--json")).Expect(0).Json;
        Assert.Contains($"{port}", shown.GetProperty("deployment").GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_replaces_files_only()
    {
        var folder = Directory.CreateTempSubdirectory("towpath-acc-").FullName;
        try
        {
            var (pipe, link) = (Path.Combine(folder, "pipe"), Path.Combine(folder, "link"));
            (await Ran.Async("mkfifo", [pipe])).Expect(0);
            File.CreateSymbolicLink(link, pipe);
            foreach (var (path, kind) in (IEnumerable<(string, string)>)[(pipe, "a named pipe"), (link, "a link to"), (folder, "a folder")])
            {
                var ran = (await up.RunAsync("backup", path)).Expect(2);
                Assert.Contains($"is {kind}", ran.Errors, StringComparison.Ordinal);
                Assert.Contains("name a file", (await up.RunAsync("backup", Path.Combine(folder, "b"), "--keys", path)).Expect(2).Errors, StringComparison.Ordinal);
            }

            Assert.Equal(["link", "pipe"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_address_of_another_machine_is_said_in_a_sentence()
    {
        var data = Directory.CreateTempSubdirectory("towpath-acc-").FullName;
        try
        {
            var ran = (await Ran.Async(Built.Towpath, ["up", "--data", data, "--listen", "192.0.2.1:7070"])).Expect(3);
            Assert.Contains("no address of this machine", ran.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", ran.Errors, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_home_that_does_not_exist_yet_is_no_reason_to_take_the_folder_one_is_in()
    {
        var home = new Dictionary<string, string?> { ["HOME"] = "/no/such/home", ["XDG_DATA_HOME"] = null, ["TOWPATH_DATA"] = null };
        var ran = (await Ran.Async(Built.Towpath, ["projects"], environment: home)).Expect(3);
        Assert.Contains("not up in /no/such/home/.local/share/towpath", ran.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_it_says_how_to_start_one()
    {
        var data = Directory.CreateTempSubdirectory("towpath-acc-").FullName;
        var ran = (await Ran.Async(Built.Towpath, ["runs", "--data", data])).Expect(3);
        Assert.Contains("towpath up", ran.Errors, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }
}
