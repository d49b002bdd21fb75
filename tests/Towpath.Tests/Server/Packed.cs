using System.Formats.Tar;
using System.Text;
using Towpath.Core;
using Towpath.Core.Agents;
using Towpath.Core.Packages;
using Towpath.Core.Runs;
using Towpath.Engine.Git;

namespace Towpath.Tests.Server;

/// <summary>Commits and packages that are really there, behind a server whose work is scripted.</summary>
internal static class Packed
{
    /// <summary>A commit of an empty tree in the project's repository.</summary>
    public static async Task<string> CommitAsync(Repositories repositories)
    {
        repositories.Create("shop");
        async Task<string> Git(params string[] arguments)
        {
            var (code, output, errors) = await repositories.Surroundings.RunAsync(
                ["--git-dir", repositories.PathOf("shop"), .. arguments], RunningServer.Cancel);
            Assert.True(code == 0, errors);
            return output.Trim();
        }

        var tree = await Git("mktree");
        return await Git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit-tree", tree, "-m", "Sell boats");
    }

    /// <summary>A tar archive of files with a script in each; those below <c>bin/</c> are executable.</summary>
    public static byte[] Tar(params string[] files)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            foreach (var file in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, file)
                {
                    Mode = (UnixFileMode)(file.StartsWith("bin/", StringComparison.Ordinal) ? 0b111_101_101 : 0b110_100_100),
                    DataStream = new MemoryStream(Encoding.ASCII.GetBytes("#!/bin/sh\n")),
                });
        }

        return bytes.ToArray();
    }

    /// <summary>From now on every run makes a package with these files.</summary>
    public static async Task<Package> RunsMakeAsync(RunningServer server, string commit, params string[] files)
    {
        var archive = await server.Packages.PutBlobAsync(new MemoryStream(Tar(files)), null, 1 << 24, RunningServer.Cancel);
        var built = await server.Builder.BuildUploadedAsync("shop", commit, archive, server.Repositories.PathOf("shop"), RunningServer.Cancel);
        Assert.Equal("", built.Reason);
        server.Work.Script = command => command is StorePackage store
            ? new PackageAnswered(store.Id, Outcome.Succeeded, built.Package, "")
            : ScriptedWork.Succeed(command);
        return built.Package!;
    }
}
