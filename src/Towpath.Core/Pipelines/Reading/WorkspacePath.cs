namespace Towpath.Core.Pipelines.Reading;

internal static class WorkspacePath
{
    /// <summary><c>./out//bin/</c> becomes <c>out/bin</c>; the workspace itself is <c>.</c>.</summary>
    public static string Plain(string path)
    {
        var segments = path.Split('/').Where(segment => segment is not ("" or ".")).ToList();
        return segments.Count == 0 ? "." : string.Join('/', segments);
    }
}
