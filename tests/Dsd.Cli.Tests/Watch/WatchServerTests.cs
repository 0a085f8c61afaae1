using System.Net;
using System.Net.Sockets;

namespace Dsd.Cli.Tests.Watch;

/// <summary>The page of <c>dsd watch</c>: served to this machine alone, and looked at in a browser while a record grows.</summary>
[Collection(RunsCollection.Name)]
[Trait("Tier", "slow")]
public sealed class WatchServerTests(Runs runs) : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false });

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public void Page_WhileARunGrows_IsClickedThroughAndFollowsIt()
    {
        Skip.If(Browser.Path is null, Browser.Missing);
        var lines = File.ReadAllLines(Path.Combine(runs.Of("json"), "dsd", "events.jsonl"));
        var evaluated = Enumerable.Range(0, lines.Length).Where(i => lines[i].StartsWith("{\"event\":\"evaluated\"", StringComparison.Ordinal)).ToList();
        var log = _folder["runs", "one", "dsd", "events.jsonl"];
        Directory.CreateDirectory(_folder["runs", "one", "dsd"]);
        File.WriteAllLines(log, lines[..(evaluated[0] + 1)]);
        Directory.CreateDirectory(_folder["browser"]);
        using var server = Watched.Open(_folder["runs"]).Serve();
        using var page = new BrowserPage(server.Address, _folder["browser"]);

        page.WaitFor("document.querySelectorAll('#dsd-live a').length === 1");
        page.Evaluate("document.querySelector('#dsd-live a').click()");
        page.WaitFor("document.querySelectorAll('.dsd-chart[data-drawn]').length > 0");
        page.WaitFor("document.getElementById('dsd-state').textContent === ''");
        var before = Points();
        var version = page.Evaluate("document.getElementById('dsd-live').dataset.version");
        page.Evaluate("document.querySelector('.dsd-chart').id = document.querySelector('.dsd-chart').id, window.first = document.querySelector('.dsd-chart')");

        // Half a line is none.
        File.AppendAllText(log, lines[evaluated[0] + 1][..10]);
        File.AppendAllText(log, lines[evaluated[0] + 1][10..] + "\n" + string.Join('\n', lines[(evaluated[0] + 2)..]) + "\n");
        page.WaitFor($"document.getElementById('dsd-live').dataset.version !== '{version}'");
        page.WaitFor("document.getElementById('dsd-live').textContent.includes('Complete.')");
        Assert.True(Points() > before);
        Assert.Equal("true", page.Evaluate("document.body.contains(window.first)"));
        Assert.Equal("true", page.Evaluate("new Set(Array.from(document.querySelectorAll('[id]')).map(e => e.id)).size === document.querySelectorAll('[id]').length"));

        Directory.Delete(_folder["runs", "one"], recursive: true);
        page.WaitFor("document.getElementById('dsd-live').textContent.includes('it is gone')");
        server.Dispose();
        page.WaitFor("document.getElementById('dsd-state').textContent.includes('Not connected')");

        int Points() => int.Parse(page.Evaluate("Array.from(document.querySelectorAll('.dsd-chart')).flatMap(c => c.data || []).map(t => (t.x || []).length).reduce((a, b) => a + b, 0)"), System.Globalization.CultureInfo.InvariantCulture);
    }

    [SkippableFact]
    public void Page_NamesWithMarkup_AreTextAndRunNothing()
    {
        Skip.If(Browser.Path is null, Browser.Missing);
        Skip.If(OperatingSystem.IsWindows(), "Windows has no such names.");
        const string Name = "<img src=x onerror=window.hacked=1>";
        runs.Copy("json", _folder["runs", Name]);
        var log = _folder["runs", Name, "dsd", "events.jsonl"];
        File.WriteAllText(log, File.ReadAllText(log).Replace("lenet-300-100", "</script><script>window.hacked=2</script>", StringComparison.Ordinal));
        Directory.CreateDirectory(_folder["browser"]);
        using var server = Watched.Open(_folder["runs"]).Serve();
        using var page = new BrowserPage(server.Address, _folder["browser"]);

        page.WaitFor("document.querySelectorAll('#dsd-live a').length === 1");
        Assert.Equal(Name, page.Evaluate("document.querySelector('#dsd-live a').textContent"));
        page.Evaluate("document.querySelector('#dsd-live a').click()");
        page.WaitFor("document.querySelectorAll('#dsd-live h1').length === 1");
        Assert.Equal("undefined", page.Evaluate("window.hacked"));
        page.Evaluate("document.getElementById('dsd-live').innerHTML = '<img src=x onerror=window.hacked=3>'");
        page.WaitFor("document.images.length === 1 && document.images[0].complete");
        Assert.Equal("undefined", page.Evaluate("window.hacked"));
    }

    [Theory]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("?of=one", HttpStatusCode.OK)]
    [InlineData("?of=..%2Fother", HttpStatusCode.NotFound)]
    [InlineData("?of=none", HttpStatusCode.NotFound)]
    [InlineData("other", HttpStatusCode.NotFound)]
    [InlineData("../", HttpStatusCode.NotFound)]
    [InlineData("../0123456789abcdef0123456789abcdef/", HttpStatusCode.NotFound)]
    public async Task Answer_OfAnAddress_IsThePageOrNothing(string address, HttpStatusCode expected)
    {
        runs.Copy("json", _folder["runs", "one"]);
        runs.Copy("json", _folder["other"]);
        using var server = Watched.Open(_folder["runs"]).Serve();

        using var response = await _client.GetAsync(new Uri(server.Address, address));

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("127.0.0.1", server.Address.Host);
        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        Assert.DoesNotContain(_folder.Root, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ToAnotherHostOrMethod_IsNothing()
    {
        using var server = Watched.Open(_folder.Root).Serve();
        using var other = new HttpRequestMessage(HttpMethod.Get, server.Address) { Headers = { Host = "example.org" } };
        using var post = new HttpRequestMessage(HttpMethod.Post, server.Address);

        Assert.Equal(HttpStatusCode.NotFound, (await _client.SendAsync(other)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.SendAsync(post)).StatusCode);
    }

    [Fact]
    public void Start_OnAPortInUse_SaysSo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var error = Assert.Throws<DsdException>(() => Watched.Open(_folder.Root).Serve(port));

        Assert.StartsWith($"--port {port}: this port cannot be used (", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Name another one, or leave --port out for a free one.", error.Message, StringComparison.Ordinal);
    }
}
