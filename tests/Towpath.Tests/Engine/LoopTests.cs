using Towpath.Core;
using Towpath.Core.Environments;
using Towpath.Core.Packages;
using Towpath.Engine;
using Towpath.Engine.Journal;
using Towpath.Tests.Core;

namespace Towpath.Tests.Engine;

/// <summary>The order in which the loop does things, on a journal in memory.</summary>
public sealed class LoopTests
{
    private static readonly StreamId Staging = StreamId.OfEnvironment("shop", "staging");
    private static readonly StreamId Production = StreamId.OfEnvironment("shop", "production");

    private readonly Given outside = new();
    private readonly Loop loop;

    public LoopTests() => loop = new Loop(new MemoryJournal(), outside, Rules.OfFlow);

    /// <summary>Found by the simulator: the hold was lifted in the batch in which the candidate was rolled back upstream.</summary>
    [Fact]
    public void What_is_taken_back_is_known_downstream_before_the_next_input_of_the_same_batch()
    {
        Offer(1);
        Arrive(Staging);
        Arrive(Production);
        Take(new Letter(Production, new HoldEnvironment("ada", "Lunch."), null));
        Offer(2);
        Arrive(Staging);
        Take(new Letter(Staging, new RollBackEnvironment("ada", "It looks wrong."), null));
        Answer(Staging);
        Answer(Staging);

        Take(Letter(Staging), new Letter(Production, new ResumeEnvironment("ada"), null));

        Assert.Equal(DeploymentStatus.Refused, State(Production).Deployments.Single(deployment => deployment.Candidate.Run == 2).Status);
    }

    private void Offer(int run)
    {
        var pipeline = Sample.Pipeline([Sample.Job("test")], Sample.Place("staging"), Sample.Place("production", ["staging"]));
        var candidate = new Candidate(run, run, Sample.CommitOf(run), "A change", Sample.PackageOf($"package {run}"), pipeline);
        Take(new Letter(Staging, new OfferCandidate(candidate, null), null));
    }

    private void Arrive(StreamId environment)
    {
        while (State(environment).Active is not null)
            Answer(environment);
    }

    private void Answer(StreamId environment) => Take(Letter(environment));

    private Letter Letter(StreamId environment) =>
        new(environment, new StageAnswered(outside.Begun.Last(id => id.StartsWith(environment.Text, StringComparison.Ordinal)), Outcome.Succeeded, ""), null);

    private void Take(params Letter[] letters) => loop.Process(letters, Sample.Noon);

    private EnvironmentState State(StreamId environment) => (EnvironmentState)loop.Read(environment)!;

    private sealed class Given : IAdapters
    {
        public List<string> Begun { get; } = [];

        public void Begin(Command command) => Begun.Add(command.Id);

        public void Cancel(string commandId)
        {
        }
    }
}
