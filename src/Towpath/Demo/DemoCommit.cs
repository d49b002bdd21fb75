namespace Towpath.Demo;

/// <summary>Text of a file of the sample that a commit replaces.</summary>
internal sealed record Edit(string File, string From, string To);

/// <summary>One commit to the sample shop.</summary>
/// <param name="Message">Its subject.</param>
/// <param name="Edits">Against the sample as it is in the repository, not against the commit before.</param>
/// <param name="Added">New files: path and text.</param>
internal sealed record DemoCommit(string Message, IReadOnlyList<Edit> Edits, IReadOnlyDictionary<string, string> Added)
{
    private static readonly Edit HealthAsksForPayment = new(
        "src/Shop/Program.cs",
        """app.MapGet("/healthz", () => Results.Ok(new { status = "healthy" }));""",
        """app.MapGet("/healthz", () => Payment.IsReady ? Results.Ok(new { status = "healthy" }) : Results.StatusCode(503));""");

    private static readonly Dictionary<string, string> PaymentFile = new()
    {
        ["src/Shop/Payment.cs"] = """
            namespace Shop;

            /// <summary>Where customers pay. Without an address to send them to, the shop cannot sell.</summary>
            public static class Payment
            {
                public static bool IsReady =>
                    Uri.TryCreate(Environment.GetEnvironmentVariable("PAYMENT_URL"), UriKind.Absolute, out var url)
                    && url.Scheme == Uri.UriSchemeHttps;
            }

            """,
    };

    /// <summary>The sample as it is.</summary>
    public static DemoCommit First { get; } = Of("Open the shop");

    /// <summary>A unit test sees it.</summary>
    public static DemoCommit BreaksATest { get; } = Of(
        "Round discounts to whole euros", new Edit("src/Shop/Basket.cs", "full * 9 / 10 :", "full * 9 / 10 / 100 * 100 :"));

    /// <summary>No unit test asks for the address, but the smoke script does.</summary>
    public static DemoCommit BreaksVerification { get; } = Of(
        "Give the products a shorter address", new Edit("src/Shop/Program.cs", "app.MapGet(\"/products\", ", "app.MapGet(\"/items\", "));

    /// <summary>Healthy with staging's settings; production's have had a mistake all along that nothing read until now.</summary>
    public static DemoCommit BreaksInProduction { get; } = new("Take payments", [HealthAsksForPayment], PaymentFile);

    public static DemoCommit Repaired { get; } = new(
        "Correct production's payment address",
        [HealthAsksForPayment, new Edit("towpath.yml", "\"htps://payments", "\"https://payments")],
        PaymentFile);

    private static DemoCommit Of(string message, params Edit[] edits) => new(message, edits, new Dictionary<string, string>());
}
