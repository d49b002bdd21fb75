using System.Collections;
using System.Reflection;
using System.Text.Json.Serialization;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Packages;
using Towpath.Core.Pipelines;

namespace Towpath.Tests.Core;

/// <summary>
/// Instances of any record of Core, drawn from a seed: for what must hold for every event and every input, also for
/// those that somebody adds tomorrow.
/// </summary>
/// <param name="ids">Ids of commands that are in flight: answers are drawn for these too.</param>
internal sealed class Examples(int seed, IReadOnlyList<string>? ids = null)
{
    private readonly Random random = new(seed);
    private readonly NullabilityInfoContext nullability = new();

    /// <summary>All that are not abstract, sorted by name.</summary>
    public static IReadOnlyList<Type> KindsOf(Type hierarchy) =>
        [.. hierarchy.Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(hierarchy) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal)];

    public object Of(Type type) => Of(type, "");

    private object Of(Type type, string name)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return Of(inner, name);
        if (type == typeof(string))
            return Text(name);
        if (type == typeof(int) || type == typeof(long))
            return Convert.ChangeType(random.Next(1, 6), type, null);
        if (type == typeof(double))
            return random.Next(1, 100) / 100.0;
        if (type == typeof(bool))
            return random.Next(2) == 0;
        if (type == typeof(DateTimeOffset))
            return Sample.Noon.AddMinutes(random.Next(100));
        if (type == typeof(TimeSpan))
            return TimeSpan.FromSeconds(random.Next(1, 1000));
        if (type == typeof(Digest))
            return Sample.DigestOf($"package {random.Next(1, 6)}");
        if (type == typeof(Pipeline))
            return Sample.Pipeline(
                [Sample.Job("test"), Sample.Job("publish", ["test"])],
                Sample.Place("staging"), Sample.Place("production", ["staging"]) with { Rollout = Sample.Rollout() }, Sample.Place("npm", ["production"]));
        if (type == typeof(RunRequest))
            return Sample.Request(7, (Pipeline)Of(typeof(Pipeline)));
        if (type.IsEnum)
            return type.GetEnumValues().GetValue(random.Next(type.GetEnumValues().Length))!;
        if (type.IsAbstract)
            return Of(Pick(type.GetCustomAttributes<JsonDerivedTypeAttribute>().Select(derived => derived.DerivedType).ToList()));
        return type.IsGenericType ? Many(type) : Record(type);
    }

    private object Record(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(constructor => constructor.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters()
            .Select(parameter => IsNull(parameter) ? null : Of(parameter.ParameterType, parameter.Name!))]);
    }

    private object Many(Type type)
    {
        var item = type.GetGenericArguments()[0];
        if (type.GetGenericTypeDefinition() == typeof(ValueList<>))
        {
            var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
            for (var count = random.Next(3); count > 0; count--)
                items.Add(Of(item, "Name"));
            return typeof(ValueList).GetMethod(nameof(ValueList.ToValueList))!.MakeGenericMethod(item).Invoke(null, [items])!;
        }

        var map = type.GetProperty("Empty")!.GetValue(null)!;
        return type.GetMethod("With")!.Invoke(map, [Text("Name"), Of(item, "Value")])!;
    }

    private bool IsNull(ParameterInfo parameter) =>
        nullability.Create(parameter).WriteState == NullabilityState.Nullable && random.Next(3) == 0;

    private string Text(string name) => name switch
    {
        "CommandId" when ids is { Count: > 0 } && random.Next(3) > 0 => Pick(ids),
        "Ref" => "refs/heads/main",
        "Id" or "PushId" => $"p{random.Next(1, 4)}",
        _ => Pick(["test", "publish", "staging", "production", "npm", "ada", "It was \"so\"."]),
    };

    private T Pick<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];
}
