using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dsd.Charts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dsd.Cli;

/// <summary>A server for this machine alone of the pages of a run, a study or a folder, under an address that nobody can guess.</summary>
internal sealed class WatchServer : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_alive = TimeSpan.FromSeconds(15);
    private readonly byte[] _token = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
    private readonly CancellationTokenSource _end = new();
    private readonly WebApplication _server;
    private readonly Watched _root;
    private int _disposals;

    private WatchServer(Watched root, int port)
    {
        _root = root;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        _server = builder.Build();
        _server.Run(Answer);
    }

    /// <summary>The address of the page.</summary>
    public Uri Address { get; private set; } = new("http://localhost/");

    /// <summary>Starts the server.</summary>
    /// <param name="root">What it shows.</param>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <exception cref="DsdException">The port cannot be used.</exception>
    public static WatchServer Start(Watched root, int port = 0)
    {
        var server = new WatchServer(root, port);
        try
        {
            server._server.StartAsync().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            server.Dispose();
            throw new DsdException($"--port {port}: this port cannot be used ({(e.InnerException ?? e).Message.Split('\n')[0].TrimEnd('.')}). Name another one, or leave --port out for a free one.", e);
        }

        var address = server._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        // Read while the browser starts.
        Task.Run(root.Now);
        server.Address = new($"{address}/{Encoding.ASCII.GetString(server._token)}/");
        return server;
    }

    /// <summary>Opens the page in the user's browser.</summary>
    /// <returns>False if there is none.</returns>
    public bool OpenBrowser()
    {
        // Without a desktop, what opens addresses may be a browser in this terminal.
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("DISPLAY") is null or "" && Environment.GetEnvironmentVariable("WAYLAND_DISPLAY") is null or "")
        {
            return false;
        }

        // A session of its own: Ctrl-C ends this program and not the browser. What the browser says is not the program's output.
        var start = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("/bin/sh", ["-c", "command -v xdg-open > /dev/null && exec setsid --fork xdg-open \"$1\" < /dev/null > /dev/null 2>&1", "sh", Address.AbsoluteUri])
            : new ProcessStartInfo(Address.AbsoluteUri) { UseShellExecute = true };
        try
        {
            using var opened = Process.Start(start);
            return !OperatingSystem.IsLinux() || opened is not null && opened.WaitForExit(TimeSpan.FromSeconds(2)) && opened.ExitCode == 0;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposals, 1) > 0)
        {
            return;
        }

        _end.Cancel();
        _server.StopAsync().GetAwaiter().GetResult();
        ((IDisposable)_server).Dispose();
        _end.Dispose();
    }

    private async Task Answer(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.XContentTypeOptions = "nosniff";
        var parts = (request.Path.Value ?? "").Split('/');

        // A page of another site may have a name of its own lead to this machine; it knows neither this one nor the token.
        var isHere = request.Host.Host is "127.0.0.1" or "localhost" && HttpMethods.IsGet(request.Method)
            && parts is ["", var token, _] && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), _token);
        if (!isHere || _root.Find(request.Query["of"].ToString()) is not { } watched)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        switch (parts[2])
        {
            case "":
                var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
                response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
                response.ContentType = "text/html; charset=utf-8";
                await response.WriteAsync(Live.Page(watched.Name, nonce), context.RequestAborted);
                return;
            case "events":
                using (var until = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token))
                {
                    await Follow(watched, response, until.Token);
                }

                return;
            default:
                response.StatusCode = StatusCodes.Status404NotFound;
                return;
        }
    }

    private static async Task Follow(Watched watched, HttpResponse response, CancellationToken until)
    {
        response.ContentType = "text/event-stream";
        var (sent, since) = (0L, Stopwatch.StartNew());
        try
        {
            while (true)
            {
                var (version, content) = watched.Now();
                if (version != sent)
                {
                    await response.WriteAsync(FormattableString.Invariant($"id: {version}\ndata: {content}\n\n"), until);
                    sent = version;
                    since.Restart();
                }
                else if (since.Elapsed > s_alive)
                {
                    await response.WriteAsync(":\n\n", until);
                    since.Restart();
                }

                await response.Body.FlushAsync(until);
                await Task.Delay(s_look, until);
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the server ends.
        }
    }
}
