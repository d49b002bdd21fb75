using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Towpath.Core;
using Towpath.Core.Commits;
using Towpath.Core.Environments;
using Towpath.Core.Runs;
using Towpath.Tests.Core;

namespace Towpath.Tests.House;

/// <summary>Events lie in journals for ever: how they are written is part of the product.</summary>
public sealed partial class EventJsonTests
{
    private static readonly Type[] Hierarchies = [typeof(ProjectEvent), typeof(RunEvent), typeof(EnvironmentEvent)];

    public static TheoryData<Type, Type> Events =>
        [.. Hierarchies.SelectMany(hierarchy => Examples.KindsOf(hierarchy)
            .Select(kind => new TheoryDataRow<Type, Type>(hierarchy, kind)))];

    [Theory]
    [MemberData(nameof(Events))]
    public void Event_comes_back_as_it_was_and_begins_with_its_versioned_name(Type hierarchy, Type kind)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var written = new Examples(seed).Of(kind);
            var json = JsonSerializer.Serialize(written, hierarchy, CoreJson.Options);
            Assert.Matches(VersionedName(), json);
            Assert.Equal(written, JsonSerializer.Deserialize(json, hierarchy, CoreJson.Options));
        }
    }

    /// <summary>
    /// A name or a property that changes makes old journals unreadable:
    /// a new version of the event is needed, beside the old one.
    /// </summary>
    [Fact]
    public void Names_and_properties_are_those_of_the_golden_file() =>
        Assert.Equal(File.ReadAllLines(Repository.At("tests/Towpath.Tests/Golden/events.txt")), Hierarchies.SelectMany(Describe));

    [Fact]
    public void Names_are_unique()
    {
        var names = Hierarchies.SelectMany(hierarchy => hierarchy.GetCustomAttributes<JsonDerivedTypeAttribute>())
            .Select(derived => derived.TypeDiscriminator).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact]
    public void Event_without_a_name_is_found() =>
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize<RunEvent>(new Nameless(), CoreJson.Options));

    [Fact]
    public void Name_without_a_version_or_in_another_place_is_found()
    {
        Assert.DoesNotMatch(VersionedName(), """{"type":"run-created","run":1}""");
        Assert.DoesNotMatch(VersionedName(), """{"run":1,"type":"run-created.v1"}""");
    }

    private static IEnumerable<string> Describe(Type hierarchy) => hierarchy.GetCustomAttributes<JsonDerivedTypeAttribute>()
        .Select(derived => $"{derived.TypeDiscriminator} {string.Join(' ', derived.DerivedType.GetConstructors()[0].GetParameters()
            .Select(parameter => JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!)))}".TrimEnd())
        .Order(StringComparer.Ordinal);

    private sealed record Nameless : RunEvent;

    [GeneratedRegex("""^\{"type":"[a-z]+(-[a-z]+)*\.v[1-9][0-9]*"[,}]""")]
    private static partial Regex VersionedName();
}
