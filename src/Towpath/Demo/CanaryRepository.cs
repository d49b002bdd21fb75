using Towpath.Client;
using Towpath.Local;

namespace Towpath.Demo;

/// <summary>The repository of somebody who works on the sample service.</summary>
internal sealed class CanaryRepository(string folder, Endpoint endpoint, int port)
{
    public const string Project = "prices";

    private readonly Dictionary<string, string> surroundings = DemoRepository.Surroundings(endpoint);

    public async Task CreateAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        await GitAsync(cancel, "init", "--quiet", "--initial-branch=main");
        await File.WriteAllTextAsync(Path.Combine(folder, "towpath.yml"), $$"""
            jobs:
              test:
                steps: [test -s {{PriceLookup.SettingsFile}}]
            package: .
            app: { command: 'exec "{{Environment.ProcessPath}}" demo service', health: {{PriceLookup.Health}} }
            environments:
              production:
                listen: {{port}}
                rollout: { canary: [10%, 50%], sticky: false, dwell: 10s }

            """, cancel);
    }

    public async Task PushAsync(string message, SampleBehaviour behaviour, CancellationToken cancel)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, PriceLookup.SettingsFile), PriceLookup.Write(behaviour), cancel);
        // A version of its own also where it behaves as the one before.
        await File.WriteAllTextAsync(Path.Combine(folder, "CHANGES"), message + "\n", cancel);
        await GitAsync(cancel, "add", "--all");
        await GitAsync(cancel, "commit", "--quiet", "--message", message);
        var (code, _, errors) = await GitCommand.TryAsync(
            ["push", "--quiet", $"{endpoint.Url.TrimEnd('/')}/git/{Project}.git", "main"], cancel, folder, surroundings);
        if (code != 0)
            throw ExitException.Refused($"the push was refused:\n{errors.Trim()}");
    }

    private Task<string> GitAsync(CancellationToken cancel, params string[] arguments) =>
        GitCommand.RunAsync(arguments, cancel, folder, surroundings);
}
