using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Towpath.Core.Pipelines.Language;

/// <summary>The table of keys as a JSON Schema (draft 2020-12), for editors that complete and check YAML.</summary>
public static class PipelineSchema
{
    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What docs/towpath.schema.json holds.</summary>
    public static string Json()
    {
        var definitions = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        var file = Map(PipelineKeys.File, definitions);
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Towpath pipeline file (towpath.yml)",
        };
        foreach (var (key, value) in file.ToList())
            schema[key] = value?.DeepClone();
        schema["$defs"] = new JsonObject(definitions);
        return schema.ToJsonString(Readable).ReplaceLineEndings("\n") + "\n";
    }

    private static JsonObject Of(Shape shape, SortedDictionary<string, JsonNode?> definitions) => shape switch
    {
        TextShape text => Text(text),
        DurationShape => new JsonObject { ["type"] = "string", ["pattern"] = $"^{DurationShape.Pattern}$", ["minLength"] = 2 },
        WholeNumberShape number => new JsonObject { ["type"] = "integer", ["minimum"] = number.Least, ["maximum"] = number.Most },
        FlagShape => new JsonObject { ["type"] = "boolean" },
        ChoiceShape choice => new JsonObject { ["enum"] = Array(choice.Words) },
        ListShape list => List(list, definitions),
        NamedShape named => Named(named, definitions),
        KeySet keys => Reference(keys, definitions),
        EitherShape either => new JsonObject { ["anyOf"] = new JsonArray([.. either.Shapes.Select(each => Of(each, definitions))]) },
        _ => throw new UnreachableException(),
    };

    private static JsonObject Text(TextShape shape)
    {
        var text = new JsonObject();
        if (!shape.LooksLikeOthers)
            text["type"] = "string";
        else
            text["type"] = shape.Pattern is null ? Array(["string", "number", "boolean"]) : Array(["string", "integer"]);
        if (shape.Pattern is not null)
            text["pattern"] = $"^(?:{shape.Pattern})$";
        text["maxLength"] = shape.MaxLength;
        return text;
    }

    private static JsonObject List(ListShape shape, SortedDictionary<string, JsonNode?> definitions)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = Of(shape.Item, definitions), ["maxItems"] = shape.Most };
        if (shape.Least > 0)
            list["minItems"] = shape.Least;
        return new() { ["anyOf"] = new JsonArray(Of(shape.Item, definitions), list) };
    }

    private static JsonObject Named(NamedShape shape, SortedDictionary<string, JsonNode?> definitions)
    {
        var map = new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = Text(shape.Name),
            ["additionalProperties"] = Of(shape.Item, definitions),
            ["maxProperties"] = shape.Most,
        };
        if (shape.Least > 0)
            map["minProperties"] = shape.Least;
        return map;
    }

    private static JsonObject Reference(KeySet set, SortedDictionary<string, JsonNode?> definitions)
    {
        var name = set.Noun.Replace(' ', '-');
        if (definitions.TryAdd(name, null))
            definitions[name] = Map(set, definitions);
        var reference = new JsonObject { ["$ref"] = $"#/$defs/{name}" };
        if (set.Shorthand is not null)
            return new() { ["anyOf"] = new JsonArray(Of(set.Find(set.Shorthand)!.Shape, definitions), reference) };
        return set.Required.Any() ? reference : new() { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "null" }, reference) };
    }

    private static JsonObject Map(KeySet set, SortedDictionary<string, JsonNode?> definitions)
    {
        var properties = new JsonObject();
        foreach (var key in set.Keys)
        {
            var entry = Of(key.Shape, definitions);
            entry["description"] = key.Description;
            if (Default(key) is { } standard)
                entry["default"] = standard;
            properties[key.Name] = entry;
        }

        var map = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (set.Required.Any())
            map["required"] = Array(set.Required.Select(key => key.Name));
        return map;
    }

    private static JsonNode? Default(Key key) => key.Shape switch
    {
        _ when key.Default is null => null,
        WholeNumberShape or FlagShape => JsonNode.Parse(key.Default),
        _ => key.Default,
    };

    private static JsonArray Array(IEnumerable<string> words) => new([.. words.Select(word => (JsonNode)word)]);
}
