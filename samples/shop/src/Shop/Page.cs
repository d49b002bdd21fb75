using System.Net;

namespace Shop;

/// <summary>The one page of the shop.</summary>
public static class Page
{
    public const string Title = "The chandler's shop";

    public static string Html(IEnumerable<Product> products) => $$"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{Title}}</title>
        <style>
          body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; color: #1d2b2a; background: #f6f4ee }
          li { display: flex; justify-content: space-between; border-bottom: 1px solid #d8d3c4; padding: .5rem 0 }
          ul { padding: 0 }
        </style>
        <h1>{{Title}}</h1>
        <ul>
        {{string.Join('\n', products.Select(Row))}}
        </ul>
        </html>
        """;

    private static string Row(Product product) =>
        $"<li><span>{WebUtility.HtmlEncode(product.Name)}</span><span>€ {product.Price / 100m:0.00}</span></li>";
}
