using Towpath.Engine.Git;

namespace Towpath.Tests.Engine.Git;

public sealed class ProjectNameTests
{
    [Theory]
    [InlineData("shop", "shop")]
    [InlineData("TodoApi", "todoapi")]
    [InlineData("mdn+beginner-html-site", "mdn-beginner-html-site")]
    [InlineData("My shop!", "my-shop")]
    [InlineData("example.org", "example.org")]
    [InlineData("_._x", "x")]
    [InlineData("-Ärger-", "rger")]
    [InlineData("a  --  b", "a-b")]
    public void A_folder_gives_the_nearest_name(string folder, string name)
    {
        Assert.Equal(name, ProjectName.Near(folder));
        Assert.Null(ProjectName.Problem(name));
    }

    [Fact]
    public void A_long_name_is_cut()
    {
        var name = ProjectName.Near(new string('a', 62) + "-b");

        Assert.Equal(new string('a', 62), name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("日本")]
    [InlineData("...")]
    [InlineData("api")]
    [InlineData("bare.git")]
    public void What_makes_no_name_gives_none(string folder) => Assert.Null(ProjectName.Near(folder));
}
