using Microsoft.AspNetCore.Http;
using Towpath.Protocol.Router;

namespace Towpath.Router.Splitting;

/// <summary>How the requests of testers are told from others.</summary>
internal abstract class TesterMark
{
    /// <summary>Null when nobody is a tester.</summary>
    public static TesterMark? Of(Testers? testers) => testers?.ByCase switch
    {
        Testers.ByOneofCase.Header => new Header(testers.Header, testers.Value),
        Testers.ByOneofCase.Cookie => new Cookie(testers.Cookie, testers.Value),
        _ => null,
    };

    public abstract bool IsOn(HttpRequest request);

    private sealed class Header(string name, string value) : TesterMark
    {
        public override bool IsOn(HttpRequest request)
        {
            foreach (var line in request.Headers[name])
            {
                if (line == value)
                    return true;
            }

            return false;
        }
    }

    private sealed class Cookie(string name, string value) : TesterMark
    {
        public override bool IsOn(HttpRequest request) =>
            Cookies.TryFind(request.Headers.Cookie, name, out var sent) && sent.SequenceEqual(value);
    }
}
