namespace Shop;

/// <summary>What is for sale.</summary>
public static class Catalogue
{
    public static IReadOnlyList<Product> Products { get; } =
    [
        new("rope", "Tow rope, 30 m", 4_900),
        new("lantern", "Bow lantern", 7_250),
        new("windlass", "Lock windlass", 3_150),
    ];

    public static Product? Find(string id) => Products.FirstOrDefault(product => product.Id == id);
}
