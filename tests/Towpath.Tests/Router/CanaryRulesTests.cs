using Towpath.Protocol.Router;
using Towpath.Router.Routes;

namespace Towpath.Tests.Router;

/// <summary>Canaries that are refused, each in one sentence, and how a route with one is kept.</summary>
public sealed class CanaryRulesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public static TheoryData<string, Action<Route>> Faults => new()
    {
        { "needs a release of 1 to", route => route.Canary.Release = "" },
        { "is of the route's own release r1", route => route.Canary.Release = "r1" },
        { "has a share of 10001; 10000 is the whole", route => route.Canary.Share = 10_001 },
        { "needs a lease of 1 to 3600000 ms, not 0", route => route.Canary.LeaseMs = 0 },
        { "needs a lease of 1 to 3600000 ms, not 3600001", route => route.Canary.LeaseMs = 3_600_001 },
        { "names destination new twice", route => route.Destinations[0].Id = "new" },
        { "is no address of a destination", route => route.Canary.Destinations[0].Address = "ftp://127.0.0.1:1" },
        { "only an app with destinations", route => { route.Destinations.Clear(); route.StaticRoot = "/srv"; } },
        { "need the name of a header or of a cookie", route => route.Canary.Testers = new Testers { Value = "1" } },
        { "need the name of a header or of a cookie", route => route.Canary.Testers = new Testers { Header = "a b", Value = "1" } },
        { "are the router's own", route => route.Canary.Testers = new Testers { Cookie = "towpath-client", Value = "1" } },
        { "need a value of 1 to 256", route => route.Canary.Testers = new Testers { Cookie = "qa" } },
        { "need a value of 1 to 256", route => route.Canary.Testers = new Testers { Header = "qa", Value = "a;b" } },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void A_wrong_canary_is_refused_in_one_sentence(string sentence, Action<Route> change)
    {
        var route = Example();
        Assert.Null(RouteRules.FindFault(route));

        change(route);

        Assert.Contains(sentence, RouteRules.FindFault(route), StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_is_read_as_it_was_written()
    {
        var file = new RouteFile(_folder.At("routes.json"), TimeProvider.System);
        var (header, cookie, none) = (Example(), Example(), Example());
        header.Canary.Testers = new Testers { Header = "X-Version", Value = "next" };
        cookie.Canary.Testers = new Testers { Cookie = "qa", Value = "1" };
        cookie.Canary.Sticky = true;
        none.Canary.Destinations.Clear();
        (cookie.Id, none.Id) = ("shop/production/api", "shop/production/admin");

        file.Write([header, cookie, none]);

        Assert.Equal([header, cookie, none], file.Read(warning => Assert.Fail(warning)));
    }

    [Fact]
    public void A_route_without_a_canary_is_written_as_it_always_was_and_older_files_are_read()
    {
        const string Older = """
            {
              "version": 1,
              "routes": [
                {
                  "id": "shop/production/web",
                  "listen": "127.0.0.1:8080",
                  "release": "r1",
                  "destinations": [
                    {
                      "id": "old",
                      "address": "http://127.0.0.1:1"
                    }
                  ]
                }
              ]
            }
            """;
        var path = _folder.At("routes.json");
        var file = new RouteFile(path, TimeProvider.System);
        File.WriteAllText(path, Older);
        var route = Example();
        route.Canary = null;
        Assert.Equal([route], file.Read(warning => Assert.Fail(warning)));

        file.Write([route]);

        Assert.Equal(Older, File.ReadAllText(path));
    }

    private static Route Example()
    {
        var route = new Route { Id = "shop/production/web", Listen = "127.0.0.1:8080", Release = "r1" };
        route.Destinations.Add(new Destination { Id = "old", Address = "http://127.0.0.1:1" });
        route.Canary = new Canary { Release = "r2", Share = 500, LeaseMs = 30_000 };
        route.Canary.Destinations.Add(new Destination { Id = "new", Address = "http://127.0.0.1:2" });
        return route;
    }
}
