using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Towpath.Core.Agents;
using Towpath.Core.Commits;
using Towpath.Engine;
using Towpath.Engine.Git;
using Towpath.Engine.Journal;
using Towpath.Server.Git;

namespace Towpath.Tests.Server.Git;

/// <summary>Kestrel with nothing but git, over a data folder and a journal that may outlive it.</summary>
internal sealed class GitServer : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly GitGate gate;

    private GitServer(string folder, IJournal journal, bool resolves, Func<string, IReadOnlyList<StepResult>?>? progress, DiskRoom? room)
    {
        Repositories = new Repositories(Path.Combine(folder, "git"));
        Agents = new FakeAgents(Repositories) { Resolves = resolves };
        Control = new ControlPlane(journal, Agents, TimeProvider.System, NullLoggerFactory.Instance);
        Agents.Control = Control;
        gate = new GitGate(Control, Repositories, TimeProvider.System, NullLogger<GitGate>.Instance) { Progress = progress, Room = room };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        web = builder.Build();
        web.MapGit(gate);
    }

    public Repositories Repositories { get; }

    public FakeAgents Agents { get; }

    public ControlPlane Control { get; }

    public string Address => web.Urls.First();

    public static async Task<GitServer> StartAsync(
        string folder, IJournal? journal = null, bool resolves = true, Func<string, IReadOnlyList<StepResult>?>? progress = null,
        DiskRoom? room = null)
    {
        var server = new GitServer(folder, journal ?? new MemoryJournal(), resolves, progress, room);
        server.gate.Start();
        server.Control.Start(TimeProvider.System.GetUtcNow());
        await server.web.StartAsync();
        return server;
    }

    public string AddressOf(string project) => $"{Address}/git/{project}.git";

    public ProjectState Project(string name) => Control.Project(name) ?? ProjectState.Empty(name);

    /// <summary>What git has for a ref; null when it is not there.</summary>
    public string? Ref(string project, string name)
    {
        var path = Path.Combine(Repositories.PathOf(project), name);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    /// <summary>As on TERM.</summary>
    public Task StopAsync() => web.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        gate.Dispose();
        await Control.DisposeAsync();
    }
}
