using Towpath.Server.Logs;
using Towpath.Server.Web;
using Towpath.Server.Web.Logs;

namespace Towpath.Tests.Server.Web;

public sealed class LogHtmlTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData("a \"b\" & 'c'", "a &quot;b&quot; &amp; &#x27;c&#x27;")]
    [InlineData("\u001b[31mred\u001b[0m plain", "<span class=\"c1\">red</span> plain")]
    [InlineData("\u001b[1;32mgood", "<span class=\"b c2\">good</span>")]
    [InlineData("\u001b[31m<b>\u001b[m", "<span class=\"c1\">&lt;b&gt;</span>")]
    [InlineData("\u001b[38;5;196mdeep\u001b[0m", "deep")]
    [InlineData("\u001b[38;2;1;2;31mtrue\u001b[0m", "true")]
    [InlineData("\u001b[2K\u001b[1Gagain", "again")]
    [InlineData("\u001b]8;;javascript:alert(1)\u0007link\u001b]8;;\u0007", "link")]
    [InlineData("\u001b]0;title\u001b\\after", "after")]
    [InlineData("10 %\r50 %\r100 %", "100 %")]
    [InlineData("done\r", "done")]
    [InlineData("bell\a back\b", "bell back")]
    [InlineData("\u001b", "")]
    [InlineData("\u001b[31", "")]
    [InlineData("\u001b[99999999999mx", "x")]
    [InlineData("grüße 漢字 ✓", "grüße 漢字 ✓")]
    public void What_a_job_printed_becomes_harmless(string printed, string html) => Assert.Equal(html, LogHtml.Text(printed));

    [Fact]
    public void A_line_has_its_number_as_an_anchor_and_stderr_is_marked()
    {
        var html = LogHtml.Line(new LogLine(12, DateTimeOffset.UnixEpoch, "stderr", "no"));
        Assert.StartsWith("<div class=\"l err\" id=\"L12\"><a href=\"#L12\"", html);
        Assert.DoesNotContain("\n", html);
    }
}
