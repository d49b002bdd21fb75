using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Towpath.Server.Web;

/// <summary>The fields of a form; null for one that is missing.</summary>
internal sealed class Form(IFormCollection? fields)
{
    public string? this[string name] => fields?.TryGetValue(name, out var values) == true ? values[0] : null;

    public int? Number(string name) => int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>As browsers send a day and a time; null when it is empty.</summary>
    public string? Moment(string name) => this[name] is { Length: > 0 } text ? text.Replace('T', ' ') : null;

    /// <exception cref="BadHttpRequestException">It is no form, or larger than one of these pages: half of one must not do half a deed.</exception>
    public static async Task<Form> ReadAsync(HttpContext context)
    {
        try
        {
            return new(context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or NotSupportedException or ArgumentException or (IOException and not BadHttpRequestException))
        {
            throw new BadHttpRequestException("The form cannot be read: send it again from its page.", StatusCodes.Status400BadRequest, e);
        }
    }
}
