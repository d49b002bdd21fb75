using Towpath.Engine.Views;

namespace Towpath.Client;

/// <summary>Which project is meant when none is named.</summary>
internal static class ProjectChoice
{
    /// <summary>The named one, else that of the folder's git remote, else the only one.</summary>
    /// <exception cref="ExitException">It is not clear which.</exception>
    public static async Task<string> ChooseAsync(string? named, ServerClient client, CancellationToken cancel)
    {
        if (!string.IsNullOrEmpty(named))
            return named;
        if (OfRemote(await RemoteAsync(cancel)) is { } remote)
            return remote;
        var projects = await client.GetAsync<List<ProjectView>>("projects", cancel);
        return projects switch
        {
            [var only] => only.Name,
            [] => throw ExitException.Refused(
                $"there is no project yet: the first push to {client.Endpoint.Url.TrimEnd('/')}/git/NAME.git creates it."),
            _ => throw ExitException.Usage($"say which project with --project: {Names(projects)}."),
        };
    }

    /// <summary>The NAME of <c>http://host/git/NAME.git</c>.</summary>
    internal static string? OfRemote(string? url)
    {
        if (!Uri.TryCreate(url?.Trim(), UriKind.Absolute, out var uri) || uri.Segments is not [.., "git/", var last])
            return null;
        var name = Uri.UnescapeDataString(last.TrimEnd('/'));
        return name.EndsWith(".git", StringComparison.Ordinal) ? name[..^4] : name;
    }

    private static string Names(List<ProjectView> projects) =>
        string.Join(", ", projects.Select(project => project.Name).Order(StringComparer.Ordinal));

    private static async Task<string?> RemoteAsync(CancellationToken cancel)
    {
        var (code, output, _) = await GitCommand.TryAsync(["remote", "get-url", "towpath"], cancel);
        return code == 0 ? output : null;
    }
}
