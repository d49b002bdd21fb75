namespace Shop;

/// <param name="Price">In cents.</param>
public sealed record Product(string Id, string Name, int Price);
