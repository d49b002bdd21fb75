namespace Shop.Tests;

public sealed class CatalogueTests
{
    [Fact]
    public void Ids_are_unique() =>
        Assert.Equal(Catalogue.Products.Count, Catalogue.Products.DistinctBy(product => product.Id).Count());

    [Fact]
    public void Everything_has_a_price() => Assert.All(Catalogue.Products, product => Assert.True(product.Price > 0));

    [Fact]
    public void The_page_names_every_product() =>
        Assert.All(Catalogue.Products, product => Assert.Contains(product.Name, Page.Html(Catalogue.Products)));
}
