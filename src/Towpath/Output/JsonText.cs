using System.Text.Json;
using Towpath.Core;

namespace Towpath.Output;

/// <summary>JSON on stdout, written as the API writes it.</summary>
internal static class JsonText
{
    public static void Write<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, CoreJson.Options));
}
