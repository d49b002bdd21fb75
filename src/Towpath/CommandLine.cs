using System.CommandLine;
using System.CommandLine.Help;
using Towpath.Client;

namespace Towpath;

/// <summary>Runs what was typed, and ends with one of the <see cref="ExitCode"/>s and at most one sentence on stderr.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            var typed = string.Join(' ', Path(parsed.CommandResult.Command));
            return End(ExitCode.Usage, $"{parsed.Errors[0].Message.TrimEnd('.')}; '{typed} --help' says what it takes.");
        }

        try
        {
            // The verbs mind signals themselves: a deadline that ends them half-way would leave their work half-done.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = Timeout.InfiniteTimeSpan,
            });
        }
        catch (ExitException end)
        {
            return End(end.Code, end.Message);
        }
        catch (UnreachableServerException unreachable)
        {
            return End(ExitCode.Refused, unreachable.Message);
        }
        catch (OperationCanceledException)
        {
            return End(130, "interrupted.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return End(ExitCode.Refused, e.Message);
        }
    }

    private static int End(int code, string sentence)
    {
        Console.Error.WriteLine($"towpath: {sentence}");
        return code;
    }

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Path(parent), command.Name] : ["towpath"];
}
