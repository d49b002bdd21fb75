using System.Diagnostics;
using System.Net;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Pipelines;
using Towpath.Protocol.Router;

namespace Towpath.Agent.Apps;

/// <summary>Asks a release whether it is well, before any traffic: its instances, then what <c>verify</c> says.</summary>
internal static class CheckStage
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly HttpClient Client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public static async Task<StageEnded> RunAsync(StageWork work, bool verify)
    {
        var (environment, plan) = (work.Environment, work.Plan);
        if (environment.State.Find(plan.Release) is not { Started: true } release)
            return StageWork.Errored($"{plan.Release} was not started on this machine.");
        var problems = await Task.WhenAll(environment
            .KeysNow(release, app => app.Overlap || environment.State.Exclusive == release.Release)
            .Select(CheckAsync));
        if (problems.FirstOrDefault(problem => problem is not null) is { } unwell)
            return StageWork.Failed(unwell);
        return verify && plan.Definition.Verify.Count > 0 ? await VerifyAsync(work, release) : StageWork.Succeeded;

        async Task<string?> CheckAsync(InstanceKey key)
        {
            try
            {
                // One that went with the machine after its start is on its way up again, or is started here: nobody repeats its start.
                return await environment.AwaitHealthyAsync(
                    environment.Find(key) ?? await environment.StartAsync(key), work.Say, work.Cancel);
            }
            catch (IOException refused)
            {
                return refused.Message;
            }
        }
    }

    private static async Task<StageEnded> VerifyAsync(StageWork work, HostedRelease release)
    {
        var (environment, folder) = (work.Environment, work.Environment.FolderOf(work.Plan));
        var temporary = new List<string>();
        try
        {
            var addresses = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var app in release.Plan.Apps.Where(app => release.Listen.ContainsKey(app.Name)))
            {
                if (app is StaticApp site)
                    addresses[app.Name] = await ServePrivatelyAsync(work, site, folder, temporary);
                else if (environment.Find(new InstanceKey(release.Release, app.Name, 0)) is { Port: { } port })
                    addresses[app.Name] = $"http://127.0.0.1:{port}";
            }

            var first = release.Plan.Apps
                .Select(app => addresses.GetValueOrDefault(app.Name))
                .FirstOrDefault(address => address is not null);
            var about = addresses.ToDictionary(
                pair => ReleaseEnvironment.UrlVariable(pair.Key), pair => pair.Value, StringComparer.Ordinal);
            if (first is not null)
                about["TOWPATH_URL"] = first;
            foreach (var check in work.Plan.Definition.Verify)
            {
                var ended = check switch
                {
                    StepCheck { Step: var step } => work.EndOf(await work.RunAsync(step, folder, release.Secrets, about), "verify"),
                    HttpCheck http => await AskAsync(work, http, first),
                    _ => throw new UnreachableException(),
                };
                if (ended is not null)
                    return ended;
            }

            return StageWork.Succeeded;
        }
        finally
        {
            foreach (var route in temporary)
                await work.Parts.Router.RemoveAsync(route, CancellationToken.None);
        }
    }

    /// <summary>
    /// Static files have no process of their own to ask: the router serves them on a private port for as long as the check takes.
    /// </summary>
    private static async Task<string> ServePrivatelyAsync(StageWork work, StaticApp site, ReleaseFolder folder, List<string> temporary)
    {
        // What an earlier check left behind goes now, and not in the middle of this one.
        _ = await work.Environment.ApplyRoutesAsync(work.Cancel);
        var port = work.Parts.Options.NextPort(new HashSet<int>());
        var route = new Route
        {
            Id = $"{work.Environment.RouteOf(site.Name)}@{work.Plan.Release}",
            Listen = $"127.0.0.1:{port}",
            StaticRoot = folder.Of(site),
            Release = work.Plan.Release,
        };
        temporary.Add(route.Id);
        var status = await work.Parts.Router.SetAsync(route, work.Cancel);
        return status.Listening ? $"http://127.0.0.1:{port}" : throw new IOException(status.Problem);
    }

    /// <summary>Null when the path answered with the status in time.</summary>
    private static async Task<StageEnded?> AskAsync(StageWork work, HttpCheck check, string? address)
    {
        if (address is null)
            return StageWork.Failed($"GET {check.Path} (verify) cannot be asked: no app of this environment listens.");
        work.Say($"GET {check.Path} (expects {check.Status})");
        var time = work.Parts.Time;
        var begun = time.GetTimestamp();
        while (true)
        {
            var left = check.Timeout - time.GetElapsedTime(begun);
            var (passed, seen) = await GetAsync(address + check.Path, check.Status, left, work.Cancel);
            if (passed)
                return null;
            left = check.Timeout - time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                return StageWork.Failed(
                    $"GET {check.Path} (verify) {seen}; expected was {check.Status} within {InstanceHealth.Seconds(check.Timeout)} s.");
            }

            await Task.Delay(left < Pause ? left : Pause, time, work.Cancel);
        }
    }

    private static async Task<(bool Passed, string Seen)> GetAsync(string url, int status, TimeSpan left, CancellationToken cancel)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(InstanceHealth.TimeoutOf(left));
        try
        {
            using var response = await Client.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead, limited.Token);
            if (response.StatusCode == (HttpStatusCode)status)
                return (true, "");
            var line = await InstanceHealth.FirstLineAsync(response, limited.Token);
            return (false, $"answered {(int)response.StatusCode}" + (line.Length > 0 ? $" ({line})" : ""));
        }
        catch (HttpRequestException refused)
        {
            return (false, $"was not answered ({refused.Message})");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (false, "was not answered in time");
        }
    }
}
