using Towpath.Core.Runs;

namespace Towpath.Engine.Views;

/// <summary>A job's output that went into a package. These names are a promise to scripts.</summary>
/// <param name="Folder">In the app layer; empty: its root.</param>
/// <param name="Attempt">The one that made it.</param>
/// <param name="Agent">That ran the attempt.</param>
/// <param name="Path">Where the job left it in its workspace.</param>
/// <param name="Archive">The digest of the archive that the job handed over.</param>
public sealed record PackagePartView(string Folder, string Job, int Attempt, string? Agent, string Output, string Path, string Archive)
{
    /// <summary>Empty for a run without a package, and for one whose package was built elsewhere.</summary>
    public static IReadOnlyList<PackagePartView> Of(RunState run) => run is { Package: null } or { Request.Uploaded: not null } ? [] :
    [
        .. from part in run.Pipeline.Package?.Parts ?? []
           let attempt = run.Jobs.FirstOrDefault(job => job.Definition.Name == part.Job) is { Attempts: [.., var last] } ? last : null
           let output = attempt?.Outputs.Find(part.Output)
           where output is not null
           select new PackagePartView(part.Name, part.Job, attempt.Number, attempt.Agent, part.Output, output.Path, output.Archive.ToString()),
    ];
}
