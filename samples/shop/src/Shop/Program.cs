using Shop;

// Only what is shown: slim has no more than a small service needs, and starts faster.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var app = builder.Build();

app.MapGet("/", () => Results.Content(Page.Html(Catalogue.Products), "text/html; charset=utf-8"));
app.MapGet("/healthz", () => Results.Ok(new { status = "healthy" }));
app.MapGet("/products", () => Catalogue.Products);
app.MapGet("/products/{id}", (string id) => Catalogue.Find(id) is { } product ? Results.Ok(product) : Results.NotFound());
app.MapGet("/products/{id}/total", (string id, int pieces) =>
    Catalogue.Find(id) is { } product ? Results.Ok(new { cents = Basket.Total(product, pieces) }) : Results.NotFound());

app.Run();
