using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Towpath.Engine.Git;

/// <summary>Something in a repository.</summary>
/// <param name="Type"><c>commit</c>, <c>tree</c>, <c>blob</c> or <c>tag</c>.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Content">Null when it is larger than the reader wanted.</param>
public sealed record FoundObject(string Id, string Type, long Size, byte[]? Content)
{
    /// <summary>The content as UTF-8; a byte order mark is left out and what is no UTF-8 is replaced.</summary>
    public string Text => Encoding.UTF8.GetString(Content is [0xEF, 0xBB, 0xBF, ..] ? Content.AsSpan(3) : Content ?? []);

    /// <summary>For a commit: the name of who wrote it, fit for a terminal; empty when it has none.</summary>
    public string Author
    {
        get
        {
            var head = Text.AsSpan();
            if (head.IndexOf("\n\n") is >= 0 and var end)
                head = head[..end];
            foreach (var range in head.Split('\n'))
            {
                var line = head[range];
                if (line.StartsWith("author ", StringComparison.Ordinal) && line.LastIndexOf(" <", StringComparison.Ordinal) is > 0 and var name)
                    return name < "author ".Length ? "" : PlainText.Line(line["author ".Length..name].ToString(), 60);
            }

            return "";
        }
    }

    /// <summary>For a commit: the first line of its message, fit for a terminal.</summary>
    public string Subject =>
        Text.IndexOf("\n\n", StringComparison.Ordinal) is >= 0 and var end ? PlainText.Line(Text[end..].TrimStart(), 200) : "";
}

/// <summary>Reads objects with one <c>git cat-file --batch</c>.</summary>
internal static class ObjectReader
{
    /// <param name="names">As git understands them: an id, or <c>COMMIT:PATH</c>.</param>
    /// <param name="bytesAtMost">Larger ones come without their content: a pushed megabyte can unpack to a terabyte.</param>
    /// <returns>In the order of the names; null for those that are not there.</returns>
    public static async Task<IReadOnlyList<FoundObject?>> ReadAsync(
        GitSurroundings surroundings,
        string repository,
        Quarantine? quarantine,
        IReadOnlyList<string> names,
        int bytesAtMost,
        CancellationToken cancel)
    {
        if (names.Any(name => name.Contains('\n', StringComparison.Ordinal)))
            throw new ArgumentException("A name with a line break would be read as two.", nameof(names));
        var found = new List<FoundObject?>();
        while (found.Count < names.Count)
        {
            // One that is too large ends this git, and the next reads on.
            var rest = names.Skip(found.Count).ToList();
            found.AddRange(await ReadSomeAsync(Start(surroundings, repository, quarantine), rest, bytesAtMost, cancel));
        }

        return found;
    }

    private static ProcessStartInfo Start(GitSurroundings surroundings, string repository, Quarantine? quarantine)
    {
        var start = surroundings.Start("git", "cat-file", "--batch");
        start.Environment["GIT_DIR"] = repository;
        foreach (var (name, value) in quarantine?.Variables ?? [])
            start.Environment[name] = value;
        return start;
    }

    private static async Task<List<FoundObject?>> ReadSomeAsync(
        ProcessStartInfo start, List<string> names, int bytesAtMost, CancellationToken cancel)
    {
        using var git = Process.Start(start) ?? throw new GitException("git does not start.");
        var errors = git.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            var asking = AskAsync(git, names, cancel);
            await using var output = new BufferedStream(git.StandardOutput.BaseStream, 16 * 1024);
            var found = new List<FoundObject?>();
            foreach (var _ in names)
            {
                if (await LineAsync(output, cancel) is not { } header)
                    throw new GitException($"git cat-file in '{start.Environment["GIT_DIR"]}' ended early: {(await errors).Trim()}");
                if (header.Split(' ') is not [var id, var type, var digits]
                    || !long.TryParse(digits, CultureInfo.InvariantCulture, out var size))
                {
                    found.Add(null);
                    continue;
                }

                if (size > bytesAtMost)
                {
                    found.Add(new FoundObject(id, type, size, null));
                    return found;
                }

                var content = new byte[size];
                await output.ReadExactlyAsync(content, cancel);
                output.ReadByte();
                found.Add(new FoundObject(id, type, size, content));
            }

            await asking;
            return found;
        }
        catch (EndOfStreamException)
        {
            throw new GitException($"git cat-file in '{start.Environment["GIT_DIR"]}' ended early: {(await errors).Trim()}");
        }
        finally
        {
            if (!git.HasExited)
                git.Kill();
        }
    }

    private static async Task AskAsync(Process git, List<string> names, CancellationToken cancel)
    {
        try
        {
            await git.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(string.Join('\n', names) + "\n"), cancel);
            git.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended; what it printed until then says why.
        }
    }

    private static async Task<string?> LineAsync(BufferedStream stream, CancellationToken cancel)
    {
        var line = new List<byte>(80);
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancel) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]);
            line.Add(one[0]);
        }

        return null;
    }
}
