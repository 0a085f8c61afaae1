using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Dsd.Tests.Shared;

/// <summary>A page in a browser without a window, on which expressions are evaluated while it lives.</summary>
public sealed class BrowserPage : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly Process _browser;
    private readonly ClientWebSocket _socket = new();
    private int _calls;

    /// <summary>Opens a page.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="folder">A folder for what the browser writes.</param>
    public BrowserPage(Uri address, string folder)
    {
        var profile = Path.Combine(folder, "profile");
        _browser = Process.Start(new ProcessStartInfo(
            Browser.Path ?? throw new InvalidOperationException(Browser.Missing),
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
                "--remote-debugging-port=0", $"--user-data-dir={profile}", address.AbsoluteUri,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _browser.BeginErrorReadLine();
        _browser.BeginOutputReadLine();

        var port = Wait("the browser listens", () => File.Exists(Path.Combine(profile, "DevToolsActivePort")) ? File.ReadLines(Path.Combine(profile, "DevToolsActivePort")).FirstOrDefault() : null);
        using var client = new HttpClient();
        var target = Wait("the page is open", () => client.GetFromJsonAsync<JsonElement[]>($"http://127.0.0.1:{port}/json").GetAwaiter().GetResult()!
            .Where(t => t.GetProperty("type").GetString() == "page").Select(t => t.GetProperty("webSocketDebuggerUrl").GetString()).FirstOrDefault());
        _socket.ConnectAsync(new(target), default).GetAwaiter().GetResult();
    }

    /// <summary>Evaluates an expression of JavaScript, whose value is returned as text.</summary>
    public string Evaluate(string expression)
    {
        var id = ++_calls;
        var call = JsonSerializer.SerializeToUtf8Bytes(new { id, method = "Runtime.evaluate", @params = new { expression = $"String({expression})", returnByValue = true } });
        using var limit = new CancellationTokenSource(s_limit);
        _socket.SendAsync(call, WebSocketMessageType.Text, true, limit.Token).GetAwaiter().GetResult();
        while (true)
        {
            using var answer = JsonDocument.Parse(Receive(limit.Token));
            if (answer.RootElement.TryGetProperty("id", out var of) && of.GetInt32() == id)
            {
                var result = answer.RootElement.GetProperty("result");
                return result.TryGetProperty("exceptionDetails", out var error) ? throw new InvalidOperationException(error.ToString()) : result.GetProperty("result").GetProperty("value").GetString()!;
            }
        }
    }

    /// <summary>Waits until an expression is true.</summary>
    /// <exception cref="TimeoutException">It is not within a minute.</exception>
    public void WaitFor(string expression) => Wait(expression, () => Evaluate(expression) == "true" ? "" : null);

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _browser.Kill(entireProcessTree: true);
        _browser.WaitForExit();
        _browser.Dispose();
    }

    private static string Wait(string what, Func<string?> look)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < s_limit; Thread.Sleep(50))
        {
            try
            {
                if (look() is { } found)
                {
                    return found;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // The browser is not that far yet.
            }
        }

        throw new TimeoutException($"Not within {s_limit}: {what}");
    }

    private string Receive(CancellationToken limit)
    {
        var (text, part) = (new StringBuilder(), new byte[1 << 16]);
        while (true)
        {
            var received = _socket.ReceiveAsync(part, limit).GetAwaiter().GetResult();
            text.Append(Encoding.UTF8.GetString(part, 0, received.Count));
            if (received.EndOfMessage)
            {
                return text.ToString();
            }
        }
    }
}
