using System.CommandLine;
using Towpath.Core.Pipelines;

namespace Towpath.Verbs;

/// <summary>The pipeline file that a verb is about.</summary>
/// <param name="File">As it was named.</param>
internal sealed record PipelineSource(string File, PipelineParse Parse)
{
    public static Argument<string?> Argument() =>
        new("FILE")
        {
            Description = $"The pipeline file [default: {PipelineFile.Name} here or in the repository's root]",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <exception cref="ExitException">There is no such file.</exception>
    public static PipelineSource Read(string? named)
    {
        var path = named ?? Find() ?? throw ExitException.Usage($"there is no {PipelineFile.Name} here: 'towpath init' writes one.");
        if (Directory.Exists(path))
            path = Path.Combine(path, PipelineFile.Name);
        if (!System.IO.File.Exists(path))
            throw ExitException.Usage($"there is no file '{path}'.");
        if (new FileInfo(path).Length > PipelineFile.MaxBytes)
            throw ExitException.Usage($"{path} is larger than {PipelineFile.MaxBytes} bytes: a pipeline file is small.");
        return new PipelineSource(path, PipelineFile.Parse(System.IO.File.ReadAllText(path)));
    }

    /// <summary>Writes each error with its place.</summary>
    /// <returns>The exit code.</returns>
    public int SayErrors()
    {
        foreach (var error in Parse.Errors)
            Console.Error.WriteLine(error.At(File));
        return ExitCode.Usage;
    }

    private static string? Find()
    {
        for (var folder = Environment.CurrentDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var file = Path.Combine(folder, PipelineFile.Name);
            if (System.IO.File.Exists(file))
                return Path.GetRelativePath(Environment.CurrentDirectory, file);
            if (Path.Exists(Path.Combine(folder, ".git")))
                return null;
        }

        return null;
    }
}
