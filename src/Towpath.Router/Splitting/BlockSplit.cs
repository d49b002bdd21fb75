using Microsoft.AspNetCore.Http;

namespace Towpath.Router.Splitting;

/// <summary>
/// Each request by itself, in blocks: of the requests of one block, exactly the share is the candidate's, in an order drawn
/// anew for each block. Where a coin would leave the share to chance (of 200 requests at 5 %, between 4 and 16), both versions
/// get what they should at any moment, and at one request a minute as well.
/// </summary>
/// <remarks>
/// Blocks are drawn some at a time, on a sheet. A request takes the next place on it, which is one addition shared between
/// cores; one in a thousand draws the next sheet.
/// </remarks>
internal sealed class BlockSplit : Split
{
    /// <summary>So that a share as plain as 50 % does not alternate in a way that somebody outside could tell.</summary>
    private const int SmallestBlock = 20;

    private const int SmallestSheet = 1000;

    private readonly int _candidates;
    private readonly Random _random;
    private Sheet _sheet;

    /// <param name="share">Of <see cref="Split.Whole"/>; 0 to that.</param>
    public BlockSplit(int share, Random random)
    {
        var divisor = GreatestCommonDivisor(share, Whole);
        var (block, candidates) = (Whole / divisor, share / divisor);
        var times = (SmallestBlock + block - 1) / block;
        BlockLength = block * times;
        _candidates = candidates * times;
        _random = random;
        _sheet = Draw();
    }

    /// <summary>The smallest number of requests, from 20 on, of which the share is a whole number; 10,000 at most.</summary>
    public int BlockLength { get; }

    public override bool IsCandidates(HttpContext context) => Next();

    public bool Next()
    {
        while (true)
        {
            var sheet = Volatile.Read(ref _sheet);
            if (sheet.TryTake(out var candidate))
                return candidate;

            // Of several that find it used up, one puts the next in its place, and the others throw theirs away.
            Interlocked.CompareExchange(ref _sheet, Draw(), sheet);
        }
    }

    private Sheet Draw()
    {
        var blocks = (SmallestSheet + BlockLength - 1) / BlockLength;
        var places = new bool[blocks * BlockLength];
        for (var first = 0; first < places.Length; first += BlockLength)
        {
            var block = places.AsSpan(first, BlockLength);
            block[.._candidates].Fill(true);
            _random.Shuffle(block);
        }

        return new Sheet(places);
    }

    private static int GreatestCommonDivisor(int one, int other) => other == 0 ? one : GreatestCommonDivisor(other, one % other);

    private sealed class Sheet(bool[] places)
    {
        private int _taken;

        public bool TryTake(out bool candidate)
        {
            // Looked at first, so that a sheet that is used up is not counted on without an end.
            var place = Volatile.Read(ref _taken) < places.Length ? Interlocked.Increment(ref _taken) - 1 : places.Length;
            candidate = place < places.Length && places[place];
            return place < places.Length;
        }
    }
}
