using System.Text;
using Towpath.Agent.Logs;

namespace Towpath.Tests.Agent.Logs;

/// <summary>A log that is kept in memory, and that checks its own numbering.</summary>
internal sealed class RecordedLog
{
    private readonly Lock gate = new();
    private readonly List<(LogChannel Channel, string Text)> lines = [];

    public RecordedLog(LogLimits? limits = null, params string[] secrets) =>
        Writer = new((number, _, channel, text) =>
        {
            lock (gate)
            {
                lines.Add((channel, Encoding.UTF8.GetString(text)));
                Assert.Equal(lines.Count, number);
            }
        }, new SecretMask(secrets), limits);

    public LogWriter Writer { get; }

    public IReadOnlyList<(LogChannel Channel, string Text)> Lines
    {
        get
        {
            lock (gate)
                return [.. lines];
        }
    }

    public string Output => Of(LogChannel.Output);

    public string Of(LogChannel channel) => string.Join('\n', Lines.Where(line => line.Channel == channel).Select(line => line.Text));
}
