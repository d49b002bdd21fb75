using Towpath.Router.Measuring;
using Towpath.Router.Splitting;

namespace Towpath.Tests.Router;

public sealed class ArmMeasuresTests
{
    [Fact]
    public void Nothing_is_lost_when_many_threads_count_at_once()
    {
        const int Threads = 32;
        const int Each = 20_000;
        var measures = new ArmMeasures();
        using var together = new Barrier(Threads);
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            together.SignalAndWait();
            for (var i = 0; i < Each; i++)
            {
                measures.CountAnswer(i % 10 == 0 ? 503 : 200, TimeSpan.FromMilliseconds(3));
                measures.CountStream(failed: i % 4 == 0);
            }
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        var read = measures.Read();
        Assert.Equal((Threads * Each, Threads * Each / 10), (read.Requests, read.Failures));
        Assert.Equal(Threads * Each / 10 * 9, read.Latency.Sum());
        Assert.Equal((Threads * Each, Threads * Each / 4), (read.Streams.Requests, read.Streams.Failures));
    }

    [Fact]
    public void Each_kind_has_a_place_of_its_own()
    {
        var measures = new ArmMeasures();
        measures.CountAnswer(99, TimeSpan.Zero);
        measures.CountAnswer(600, TimeSpan.Zero);
        measures.CountIncomplete();
        measures.CountAborted();
        measures.CountTester(failed: true);
        measures.CountUpgrade(failed: false);

        var read = measures.Read();

        Assert.Equal((3, 2, 1, 1, 1), (read.Requests, read.Failures, read.Status1Xx, read.Status5Xx, read.Incomplete));
        Assert.Equal((1, 1), (read.Testers.Requests, read.Testers.Failures));
        Assert.Equal((1, 0), (read.Upgrades.Requests, read.Upgrades.Failures));
        Assert.Equal((1, 0, 0), (read.Aborted.Requests, read.Aborted.Failures, read.Streams.Requests));
        Assert.Equal([1], read.Latency);
    }

    [Fact]
    public void Counting_and_splitting_allocate_nothing_for_a_request()
    {
        const int Requests = 9000;
        var measures = new ArmMeasures();
        var clients = new ClientSplit(1000, "r2");
        // A sheet of blocks is drawn every ten thousand requests at this share.
        var blocks = new BlockSplit(3333, Random.Shared);
        Work(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Work(Requests);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, Requests / 10);

        void Work(int requests)
        {
            for (var i = 0; i < requests; i++)
            {
                measures.CountAnswer(200, TimeSpan.FromMicroseconds(i));
                measures.CountAborted();
                clients.IsCandidates((UInt128)i);
                blocks.Next();
            }
        }
    }
}
