using System.Text.Json;
using System.Text.Json.Serialization;

namespace Towpath.Core;

/// <summary>How everything that is kept or sent between Towpath's processes is written as JSON: camel case, enums as kebab-case words.</summary>
public static class CoreJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };
}
