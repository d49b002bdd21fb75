namespace Towpath.Bench.Machine;

/// <summary>The other side of <see cref="Child.StartOwnAsync"/>: a verb that serves until its starter is gone.</summary>
internal static class OwnVerb
{
    public const string ReadyMark = "READY ";

    public static void Ready(string address) => Console.WriteLine(ReadyMark + address);

    /// <summary>Ends with the starter, however that ends: then standard input does.</summary>
    public static Task StarterIsGoneAsync() => Console.OpenStandardInput().CopyToAsync(Stream.Null);
}
