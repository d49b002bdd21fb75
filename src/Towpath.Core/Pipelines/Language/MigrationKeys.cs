namespace Towpath.Core.Pipelines.Language;

/// <summary>Changes of what all versions share, in two halves: expand and contract.</summary>
public static class MigrationKeys
{
    public static KeySet Migrations { get; } = new("migrations",
    [
        new("expand", JobKeys.Step,
            "Adds what the version needs and leaves what older ones use: they run beside it, and may come back. Runs once for a version, in "
                + "the deploy layer (the repository at the commit), before `before` and the first instance. May be started again when the "
                + "machine died meanwhile.")
        {
            Example = "./migrate.sh expand",
            Elsewhere = ["up", "pre"],
        },
        new("contract", JobKeys.Step,
            "Takes away what only older versions used. Runs once for a version, as a deployment of its own, and never while an older version "
                + "could come back. From then on a rollback to a version before it is refused. Write it in the commit that needs it.")
        {
            Example = "./migrate.sh contract",
            Elsewhere = ["down", "post", "cleanup"],
        },
        new("contractAfter", new DurationShape(TimeSpan.Zero, TimeSpan.FromDays(90)),
            "How long the version must have been live in the environment before its `contract` runs: so long there is a way back.")
        {
            Default = "1d",
            Example = "7d",
            Elsewhere = ["delay", "after", "window"],
        },
    ]);
}
