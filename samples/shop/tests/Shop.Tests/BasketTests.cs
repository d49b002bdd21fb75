namespace Shop.Tests;

public sealed class BasketTests
{
    private static readonly Product Rope = new("rope", "Tow rope", 4_999);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 4_999)]
    [InlineData(9, 44_991)]
    public void Few_pieces_cost_their_price(int pieces, int cents) => Assert.Equal(cents, Basket.Total(Rope, pieces));

    [Theory]
    [InlineData(10, 44_991)]
    [InlineData(11, 49_490)]
    public void From_ten_pieces_on_a_tenth_is_taken_off(int pieces, int cents) => Assert.Equal(cents, Basket.Total(Rope, pieces));

    [Fact]
    public void Nobody_buys_less_than_nothing() => Assert.Throws<ArgumentOutOfRangeException>(() => Basket.Total(Rope, -1));
}
