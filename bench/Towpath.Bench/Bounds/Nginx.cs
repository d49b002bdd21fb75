using Towpath.Bench.Machine;

namespace Towpath.Bench.Bounds;

/// <summary>nginx as a proxy with one process, where it is installed.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(10);

    private readonly Child child;

    private Nginx(Child child, Uri address)
    {
        this.child = child;
        Address = address;
    }

    public Uri Address { get; }

    public int Pid => child.Pid;

    /// <returns>Null when nginx is not installed.</returns>
    public static async Task<Nginx?> TryStartAsync(string folder, Uri upstream, CancellationToken cancel)
    {
        if (!File.Exists(Program))
            return null;
        Directory.CreateDirectory(folder);
        var port = TowpathProgram.FreePort();
        var file = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(file, Configuration(folder, port, upstream), cancel);
        var address = new Uri($"http://{TowpathProgram.Local(port)}/");
        var nginx = new Nginx(Child.Start(Program, "-p", folder, "-e", "stderr", "-c", file), address);
        try
        {
            await AnswersAsync(nginx, cancel);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => child.DisposeAsync();

    private static async Task AnswersAsync(Nginx nginx, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartsWithin);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(nginx.Address, limit.Token);
                answer.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException)
            {
                if (nginx.child.HasEnded)
                    throw new InvalidOperationException($"nginx ended early: {nginx.child.LastWords}");
                await Task.Delay(20, limit.Token);
            }
        }
    }

    private static string Configuration(string folder, int port, Uri upstream) => $$"""
        daemon off;
        master_process off;
        pid {{folder}}/nginx.pid;
        error_log stderr warn;
        events { worker_connections 1024; }
        http {
          access_log off;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          upstream app {
            server {{upstream.Authority}};
            keepalive 64;
          }
          server {
            listen 127.0.0.1:{{port}};
            keepalive_requests 1000000;
            location / {
              proxy_pass http://app;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host $http_host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_set_header X-Forwarded-Proto $scheme;
              proxy_set_header X-Forwarded-Host $http_host;
            }
          }
        }
        """;
}
