using Towpath.Core.Agents;
using Towpath.Core.Runs;

namespace Towpath.Tests.Core.Runs;

public sealed class TestReportsTests
{
    [Fact]
    public void JUnit_report_is_counted_and_its_failures_are_listed()
    {
        var results = Read("""
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites>
              <testsuite name="cart" tests="5">
                <properties><property name="x" value="y"/></properties>
                <testcase classname="Cart" name="adds"/>
                <testcase classname="Cart" name="removes"><system-out>noise</system-out></testcase>
                <testcase classname="Cart" name="counts"><failure message="expected 2, got 3" type="A">at Cart.cs:12</failure></testcase>
                <testsuite name="inner"><testcase name="breaks"><error type="NullReference"/></testcase></testsuite>
                <testcase name="later"><skipped/></testcase>
                <testcase name="never" status="disabled"></testcase>
              </testsuite>
            </testsuites>
            """);

        Assert.Equal((2, 2, 2), (results.Passed, results.Failed, results.Skipped));
        Assert.Equal(
            [new("Cart.counts", "expected 2, got 3\nat Cart.cs:12"), new FailedTest("breaks", "NullReference")], results.FailedTests);
    }

    [Fact]
    public void Trx_report_is_counted_and_its_failures_are_listed()
    {
        var results = Read("""
            <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
              <Results>
                <UnitTestResult testName="Shop.Adds" outcome="Passed" />
                <UnitTestResult testName="Shop.Skips" outcome="NotExecuted"><Output><StdOut>x</StdOut></Output></UnitTestResult>
                <UnitTestResult testName="Shop.Prices" outcome="Failed">
                  <Output><ErrorInfo><Message>Expected: 1</Message><StackTrace>at Prices()</StackTrace></ErrorInfo></Output>
                </UnitTestResult>
                <UnitTestResult testName="Shop.Rows" outcome="Failed">
                  <InnerResults>
                    <UnitTestResult testName="Shop.Rows(1)" outcome="Passed" />
                    <UnitTestResult testName="Shop.Rows(2)" outcome="Timeout"></UnitTestResult>
                  </InnerResults>
                </UnitTestResult>
              </Results>
              <ResultSummary outcome="Failed"><Output><StdOut>Message</StdOut></Output></ResultSummary>
            </TestRun>
            """);

        Assert.Equal((2, 2, 1), (results.Passed, results.Failed, results.Skipped));
        Assert.Equal([new("Shop.Prices", "Expected: 1\nat Prices()"), new FailedTest("Shop.Rows(2)", "Timeout")], results.FailedTests);
    }

    [Fact]
    public void Message_that_the_details_repeat_is_said_once()
    {
        var results = Read("""<testsuite><testcase name="t"><failure message="boom">boom at line 3</failure></testcase></testsuite>""");

        Assert.Equal("boom at line 3", results.FailedTests[0].Message);
    }

    [Theory]
    [InlineData("<testsuite>\n  <testcase name='a'>\n</testsuite>", "out/r.xml:3:3: this test report is not XML: ")]
    [InlineData("hello", "out/r.xml:1:1: this test report is not XML: ")]
    [InlineData("", "out/r.xml: this test report is not XML: ")]
    [InlineData("<assemblies/>", "out/r.xml:1:2: this is neither a JUnit nor a TRX report; it begins with <assemblies>")]
    [InlineData("<!DOCTYPE x [<!ENTITY a 'aaaa'>]><testsuite/>", "out/r.xml: this test report is not XML: DTD is prohibited")]
    public void What_is_not_a_report_is_refused_with_a_position(string text, string error)
    {
        var parse = TestReports.Parse("out/r.xml", text);

        Assert.Null(parse.Results);
        Assert.StartsWith(error, parse.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(" Line ", parse.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Failures_and_their_messages_are_bounded()
    {
        var tests = string.Concat(Enumerable.Repeat($"<testcase name='t'><failure>{new string('x', 10_000)}</failure></testcase>", 300));

        var results = Read($"<testsuite>{tests}</testsuite>");

        Assert.Equal((300, TestReports.MostFailedTests), (results.Failed, results.FailedTests.Count));
        Assert.All(results.FailedTests, test => Assert.Equal(TestReports.LongestMessage, test.Message.Length));
        Assert.Equal(TestReports.MostFailedTests, TestReports.Add(results, results).FailedTests.Count);
    }

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Contains(
            "deeper than 100",
            TestReports.Parse("r", "<testsuite>" + string.Concat(Enumerable.Repeat("<a>", 200))).Error,
            StringComparison.Ordinal);

    [Fact]
    public void Report_that_is_too_large_is_refused() =>
        Assert.Contains(
            "larger than 32 MiB", TestReports.Parse("r", new string(' ', TestReports.LongestReport + 1)).Error, StringComparison.Ordinal);

    private static TestResults Read(string text)
    {
        var parse = TestReports.Parse("out/r.xml", text);
        Assert.Null(parse.Error);
        return parse.Results!;
    }
}
