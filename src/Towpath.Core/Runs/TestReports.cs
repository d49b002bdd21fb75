using System.Globalization;
using System.Xml;
using Towpath.Core.Agents;

namespace Towpath.Core.Runs;

/// <summary>What a report said, or why it cannot be read: exactly one of the two.</summary>
/// <param name="Error">One sentence with the report's name, line and column.</param>
public sealed record TestReportParse(TestResults? Results, string? Error);

/// <summary>Reads test reports: JUnit's XML, in the dialects that test runners write, and TRX.</summary>
public static class TestReports
{
    /// <summary>Failed tests that are kept; more are only counted.</summary>
    public const int MostFailedTests = 200;

    /// <summary>Characters of a failed test's message.</summary>
    public const int LongestMessage = 4000;

    /// <summary>Characters of one report.</summary>
    public const int LongestReport = 32 * 1024 * 1024;

    private const int LongestName = 500;
    private const int Deepest = 100;

    public static string TooLarge(string fileName) =>
        $"test report '{fileName}' is larger than {LongestReport / 1024 / 1024} MiB: split it";

    public static TestResults None { get; } = new(0, 0, 0, []);

    /// <param name="fileName">As people know it: the path in the workspace.</param>
    /// <param name="text">At most <see cref="LongestReport"/> characters.</param>
    public static TestReportParse Parse(string fileName, string text)
    {
        if (text.Length > LongestReport)
            return new(null, TooLarge(fileName));
        using var xml = new XmlTextReader(text, XmlNodeType.Document, null)
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            WhitespaceHandling = WhitespaceHandling.None,
        };
        try
        {
            xml.MoveToContent();
            var tally = new Tally();
            var known = xml.LocalName switch
            {
                "testsuites" or "testsuite" => ReadJUnit(xml, tally),
                "TestRun" => ReadTrx(xml, tally),
                _ => false,
            };
            if (known)
                return new(tally.Results, null);
            var position = Position(fileName, xml.LineNumber, xml.LinePosition);
            return new(null, $"{position}: this is neither a JUnit nor a TRX report; it begins with <{xml.Name}>");
        }
        catch (XmlException problem)
        {
            var position = Position(fileName, problem.LineNumber, problem.LinePosition);
            return new(null, $"{position}: this test report is not XML: {Sentence(problem)}");
        }
    }

    /// <summary>Both together; the failed tests of the first come first.</summary>
    public static TestResults Add(TestResults first, TestResults second) => new(
        first.Passed + second.Passed,
        first.Failed + second.Failed,
        first.Skipped + second.Skipped,
        [.. first.FailedTests.Concat(second.FailedTests).Take(MostFailedTests)]);

    private static bool ReadJUnit(XmlTextReader xml, Tally tally)
    {
        do
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "testcase")
                ReadTestCase(xml, tally);
        }
        while (Next(xml));
        return true;
    }

    private static void ReadTestCase(XmlTextReader xml, Tally tally)
    {
        var name = xml.GetAttribute("name") ?? "";
        var group = xml.GetAttribute("classname") ?? "";
        if (group.Length > 0 && !name.StartsWith(group, StringComparison.Ordinal))
            name = $"{group}.{name}";
        var skipped = xml.GetAttribute("status") is "notrun" or "disabled" or "skipped";
        string? failure = null;
        var depth = xml.Depth;
        var empty = xml.IsEmptyElement;
        while (!empty && Next(xml) && xml.Depth > depth)
        {
            if (xml.NodeType != XmlNodeType.Element || xml.Depth != depth + 1)
                continue;
            if (xml.LocalName is "failure" or "error")
                failure ??= Message(xml);
            skipped |= xml.LocalName == "skipped";
        }
        if (failure is not null)
            tally.Fail(name, failure);
        else if (skipped)
            tally.Skipped++;
        else
            tally.Passed++;
    }

    private static bool ReadTrx(XmlTextReader xml, Tally tally)
    {
        // A result that holds inner ones is their sum: only the innermost are tests.
        var open = new Stack<TrxResult>();
        do
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "UnitTestResult")
            {
                if (open.TryPeek(out var outer))
                    outer.HasInner = true;
                var result = new TrxResult(xml.GetAttribute("testName") ?? "", xml.GetAttribute("outcome") ?? "");
                if (xml.IsEmptyElement)
                    result.CountIn(tally);
                else
                    open.Push(result);
            }
            else if (xml.NodeType == XmlNodeType.EndElement && xml.LocalName == "UnitTestResult" && open.TryPop(out var ended))
            {
                ended.CountIn(tally);
            }
            else if (xml.NodeType == XmlNodeType.Element && xml.LocalName is "Message" or "StackTrace" && open.TryPeek(out var current))
            {
                current.Message = Joined(current.Message, Text(xml));
            }
        }
        while (Next(xml));
        return true;
    }

    private static string Message(XmlTextReader xml)
    {
        var summary = xml.GetAttribute("message") ?? xml.GetAttribute("type") ?? "";
        var details = Text(xml);
        // Most runners repeat the message at the beginning of the details.
        return details.StartsWith(summary, StringComparison.Ordinal) ? details : Joined(summary, details);
    }

    /// <summary>The text in the element that the reader is at; afterwards it is at the element's end.</summary>
    private static string Text(XmlTextReader xml)
    {
        var text = "";
        var depth = xml.Depth;
        var empty = xml.IsEmptyElement;
        while (!empty && Next(xml) && xml.Depth > depth)
        {
            if (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA && text.Length < LongestMessage)
                text += Cut(xml.Value, LongestMessage);
        }
        return text.Trim();
    }

    private static bool Next(XmlTextReader xml)
    {
        if (!xml.Read())
            return false;
        if (xml.Depth > Deepest)
            throw new XmlException($"Elements are nested deeper than {Deepest}.", null, xml.LineNumber, xml.LinePosition);
        return true;
    }

    private static string Joined(string first, string second) =>
        first.Length == 0 ? second : second.Length == 0 ? first : $"{first}\n{second}";

    private static string Cut(string text, int length)
    {
        if (text.Length <= length)
            return text;
        return char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
    }

    private static string Position(string fileName, int line, int column) =>
        line == 0 ? fileName : string.Create(CultureInfo.InvariantCulture, $"{fileName}:{line}:{column}");

    private static string Sentence(XmlException problem)
    {
        // The framework ends its sentence with the position, which is said already.
        var end = problem.Message.IndexOf(" Line ", StringComparison.Ordinal);
        return (end < 0 ? problem.Message : problem.Message[..end]).TrimEnd('.');
    }

    private sealed class Tally
    {
        private readonly List<FailedTest> failedTests = [];
        private int failed;

        public int Passed { get; set; }

        public int Skipped { get; set; }

        public TestResults Results => new(Passed, failed, Skipped, [.. failedTests]);

        public void Fail(string name, string message)
        {
            failed++;
            if (failedTests.Count < MostFailedTests)
                failedTests.Add(new(Cut(name, LongestName), Cut(message.Trim(), LongestMessage)));
        }
    }

    private sealed class TrxResult(string name, string outcome)
    {
        public bool HasInner { get; set; }

        public string Message { get; set; } = "";

        public void CountIn(Tally tally)
        {
            if (HasInner)
                return;
            if (outcome is "Passed" or "PassedButRunAborted" or "Warning" or "Completed")
                tally.Passed++;
            else if (outcome is "NotExecuted" or "Inconclusive" or "Pending" or "Disconnected" or "NotRunnable")
                tally.Skipped++;
            else
                tally.Fail(name, Message.Length > 0 ? Message : outcome.Length > 0 ? outcome : "it has no outcome");
        }
    }
}
