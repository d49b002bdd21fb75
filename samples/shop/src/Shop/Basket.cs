namespace Shop;

/// <summary>Sums up what somebody wants to buy.</summary>
public static class Basket
{
    /// <summary>From this many pieces on, a tenth is taken off.</summary>
    public const int ManyPieces = 10;

    /// <returns>The price in cents, rounded down to the customer's advantage.</returns>
    public static int Total(Product product, int pieces)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieces);
        var full = product.Price * pieces;
        return pieces >= ManyPieces ? full * 9 / 10 : full;
    }
}
