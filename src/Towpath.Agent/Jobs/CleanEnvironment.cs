namespace Towpath.Agent.Jobs;

/// <summary>
/// What a step or an app finds in its environment before anything is added: enough for tools to work, nothing that the agent knows.
/// </summary>
public static class CleanEnvironment
{
    // The way out to the network is the machine's, not the agent's: without these nothing can be fetched behind a proxy.
    private static readonly string[] Passed =
    [
        "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    ];

    /// <param name="home">An existing folder.</param>
    /// <param name="temporary">An existing folder; it is /tmp too inside the sandbox.</param>
    /// <param name="ci">True for jobs; false for apps, which are not part of a build.</param>
    public static Dictionary<string, string> Create(string home, string temporary = "/tmp", bool ci = true)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        };
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
                environment[name] = value;
        }
        environment["HOME"] = home;
        environment["USER"] = Environment.UserName;
        environment["LANG"] = "C.UTF-8";
        environment["TMPDIR"] = temporary;
        environment["DOTNET_ROOT"] = DotnetRoot;
        environment["DOTNET_NOLOGO"] = "1";
        environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        environment["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false";
        if (ci)
            environment["CI"] = "true";
        return environment;
    }

    // The runtime that runs the agent is the one that a published .NET app finds, wherever it was installed.
    private static string DotnetRoot { get; } =
        Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
}
