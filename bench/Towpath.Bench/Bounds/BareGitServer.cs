using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Towpath.Agent.Jobs;
using Towpath.Bench.Machine;
using Towpath.Engine.Git;

namespace Towpath.Bench.Bounds;

/// <summary>
/// The least that takes a push and runs a step of it: git http-backend behind a password, with the same settings of git,
/// and a hook that checks out and runs the step in the same sandbox. It keeps no record, and nothing of it survives anything.
/// </summary>
internal static class BareGitServer
{
    public const string Verb = "bare-git";
    public const string Password = "secret";
    public const string Project = "bench";

    public static Command CreateVerb()
    {
        var folder = new Option<string>("--folder") { Required = true };
        var step = new Option<string>("--step") { Required = true };
        var sandbox = new Option<SandboxLevel>("--sandbox");
        var verb = new Command(Verb, "A bound of 'push': serves until its standard input ends") { folder, step, sandbox };
        verb.Hidden = true;
        verb.SetAction(typed => RunAsync(typed.GetRequiredValue(folder), typed.GetRequiredValue(step), typed.GetValue(sandbox)));
        return verb;
    }

    /// <summary>Where the step of a commit leaves its output.</summary>
    public static string LogOf(string folder, string commit) => Path.Combine(folder, "work", commit, "log");

    private static async Task RunAsync(string folder, string step, SandboxLevel level)
    {
        var repositories = new Repositories(Path.Combine(folder, "git"));
        repositories.Create(Project);
        WriteHook(repositories, HandMade.Script(level, folder, repositories.PathOf(Project), step));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var expected = Encoding.UTF8.GetBytes("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"x:{Password}")));
        app.Map("/git/{**path}", (HttpContext context, string path) =>
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()), expected))
                return ServeAsync(context, repositories, path);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"bench\"";
            return Task.CompletedTask;
        });
        await app.StartAsync();
        OwnVerb.Ready(app.Urls.First());
        await OwnVerb.StarterIsGoneAsync();
        await app.StopAsync();
    }

    private static void WriteHook(Repositories repositories, string script)
    {
        var hook = Path.Combine(repositories.HooksFolder, "post-receive");
        File.WriteAllText(hook, script.Replace("commit=$1 name=$2", "read -r old commit ref\nname=$commit", StringComparison.Ordinal));
        File.SetUnixFileMode(hook, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task ServeAsync(HttpContext context, Repositories repositories, string path)
    {
        var start = repositories.Surroundings.Start(repositories.Program.HttpBackend);
        start.Environment["GIT_PROJECT_ROOT"] = repositories.Folder;
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["PATH_INFO"] = "/" + path;
        start.Environment["REQUEST_METHOD"] = context.Request.Method;
        start.Environment["QUERY_STRING"] = context.Request.QueryString.Value?.TrimStart('?') ?? "";
        start.Environment["CONTENT_TYPE"] = context.Request.ContentType ?? "";
        start.Environment["REMOTE_USER"] = "x";
        if (context.Request.ContentLength is { } length)
            start.Environment["CONTENT_LENGTH"] = length.ToString(CultureInfo.InvariantCulture);
        if (context.Request.Headers.ContentEncoding is [{ } encoding])
            start.Environment["HTTP_CONTENT_ENCODING"] = encoding;
        using var git = Process.Start(start)!;
        await context.Request.Body.CopyToAsync(git.StandardInput.BaseStream);
        git.StandardInput.Close();
        var output = git.StandardOutput.BaseStream;
        while (await HeaderAsync(output) is { Length: > 0 } header)
        {
            var (name, value) = (header.Split(": ", 2)[0], header.Split(": ", 2)[1]);
            if (name == "Status")
                context.Response.StatusCode = int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
            else
                context.Response.Headers[name] = value;
        }

        await output.CopyToAsync(context.Response.Body);
        await git.WaitForExitAsync();
    }

    // At most a hundred bytes or so: one by one is no matter.
    private static async Task<string> HeaderAsync(Stream output)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await output.ReadAsync(one) == 1 && one[0] != '\n')
            line.Append((char)one[0]);
        return line.ToString().TrimEnd('\r');
    }
}
