using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Towpath.Server.Web.Design;

namespace Towpath.Server.Web;

/// <summary>Answers for people.</summary>
internal static class PageResults
{
    public static IResult Page<TPage>(object parameters, int status = StatusCodes.Status200OK) where TPage : IComponent =>
        new RazorComponentResult<TPage>(parameters) { StatusCode = status };

    /// <summary>Back to a page after something was done; a reload does not do it again.</summary>
    public static IResult See(string address) => new SeeOther(address);

    /// <summary>For somebody who is not let in, or asks from where nobody should.</summary>
    public static IResult Refused(int status, string sentence) => status == StatusCodes.Status401Unauthorized
        ? Message(status, "Please sign in", $"{sentence} A fresh link for this browser comes from the terminal:", command: "towpath open")
        : Message(status, "Refused", sentence);

    /// <summary>Something went wrong that the person may or may not be able to mend.</summary>
    public static IResult Wrong(int status, string sentence) => Message(status, "That did not work", sentence);

    public static IResult Signed() => Page<MessagePage>(new Dictionary<string, object?>
    {
        [nameof(MessagePage.Title)] = "Signed in",
        [nameof(MessagePage.Sentence)] = "This browser stays signed in for thirty days.",
        [nameof(MessagePage.Href)] = "/",
        [nameof(MessagePage.LinkText)] = "To the projects",
        // A redirect would still count as coming from wherever the link was, and strict cookies are not sent then.
        [nameof(MessagePage.GoTo)] = "/",
    });

    public static IResult NotHere(string sentence, string href = "/", string linkText = "To the projects") =>
        Page<MessagePage>(new Dictionary<string, object?>
    {
        [nameof(MessagePage.Title)] = "There is nothing here",
        [nameof(MessagePage.Sentence)] = sentence,
        [nameof(MessagePage.Status)] = StatusCodes.Status404NotFound,
        [nameof(MessagePage.Href)] = href,
        [nameof(MessagePage.LinkText)] = linkText,
        [nameof(MessagePage.IsSignedIn)] = true,
    }, StatusCodes.Status404NotFound);

    /// <summary>What was asked could not be done.</summary>
    /// <param name="back">Where to go from here.</param>
    public static IResult Problem(Asked asked, string back) =>
        asked.Status == AskedStatus.Unknown ? NotHere(asked.Sentence) : Page<MessagePage>(new Dictionary<string, object?>
    {
        [nameof(MessagePage.Title)] = "That did not work",
        [nameof(MessagePage.Sentence)] = asked.Sentence,
        [nameof(MessagePage.Href)] = back,
        [nameof(MessagePage.LinkText)] = "Back",
        [nameof(MessagePage.IsSignedIn)] = true,
    }, Api.ApiAnswers.StatusOf(asked.Status));

    private static IResult Message(int status, string title, string sentence, string? command = null) =>
        Page<MessagePage>(new Dictionary<string, object?>
    {
        [nameof(MessagePage.Title)] = title,
        [nameof(MessagePage.Sentence)] = sentence,
        [nameof(MessagePage.Command)] = command,
    }, status);

    private sealed class SeeOther(string address) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = address;
            return Task.CompletedTask;
        }
    }
}
