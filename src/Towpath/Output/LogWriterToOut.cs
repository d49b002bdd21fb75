namespace Towpath.Output;

/// <summary>Log lines on stdout, with the job's name before each when there are several.</summary>
/// <param name="width">Of the longest name; 0: no names.</param>
internal sealed class LogWriterToOut(int width)
{
    private readonly Lock gate = new();

    /// <param name="text">One line, or many.</param>
    public void Write(string name, string text)
    {
        if (text.Length == 0)
            return;
        lock (gate)
        {
            foreach (var line in text.TrimEnd('\n').Split('\n'))
                Console.Out.WriteLine(width == 0 ? line : $"{name.PadRight(width)} │ {line}");
        }
    }
}
