using System.Text.Json;
using System.Text.Json.Nodes;

namespace Towpath.Output;

/// <summary>Log lines on stdout, with the job's name before each when there are several.</summary>
/// <param name="width">Of the longest name; 0: no names.</param>
/// <param name="json">Lines that the server gave are written as it gave them, an object each, with the job's name first.</param>
internal sealed class LogWriterToOut(int width, bool json = false)
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

    /// <param name="name">Empty for a log that is no job's.</param>
    public void Write(string name, JsonElement line)
    {
        if (!json)
        {
            Write(name, line.GetProperty("text").GetString()!);
            return;
        }

        var whole = JsonObject.Create(line)!;
        if (name.Length > 0)
            whole.Insert(0, "job", name);
        lock (gate)
            Console.Out.WriteLine(whole.ToJsonString());
    }
}
