using Microsoft.AspNetCore.OpenApi;

namespace Towpath.Server.Api;

/// <summary>What the OpenAPI document says of the API as a whole.</summary>
internal static class ApiDescription
{
    public static void Configure(OpenApiOptions options) => options.AddDocumentTransformer((document, context, _) =>
    {
        var identity = context.ApplicationServices.GetService(typeof(ServerIdentity)) as ServerIdentity;
        document.Info = new()
        {
            Title = "Towpath",
            Version = "v1",
            Description = "Projects, runs and environments of a Towpath server. "
                + "Send the token of endpoint.json as 'Authorization: Bearer TOKEN'. "
                + "Everything that is refused comes back as a problem document whose 'detail' is one sentence that says what to do.",
        };
        document.Servers = identity is null ? [] : [new() { Url = identity.Url }];
        return Task.CompletedTask;
    });
}
