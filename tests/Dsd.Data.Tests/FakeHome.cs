using System.Net;

namespace Dsd.Data.Tests;

/// <summary>Behaves like the server of the tiny set; the fault shows at the third file.</summary>
internal sealed class FakeHome : HttpMessageHandler
{
    private int _answered;

    public string? Fault { get; init; }

    public Action<int>? Answered { get; init; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = Tiny.Files[Path.GetFileName(request.RequestUri!.AbsolutePath)];
        var faulty = ++_answered == 3;
        if (faulty && Fault == "no network")
        {
            throw new HttpRequestException("Name or service not known");
        }

        var answer = new HttpResponseMessage(faulty && Fault == "not found" ? HttpStatusCode.NotFound : HttpStatusCode.OK)
        {
            Content = new ByteArrayContent((faulty ? Fault : null) switch
            {
                "wrong content" => Tiny.Gzip(Tiny.Idx([5, 2, 3], new byte[30])),
                "page instead" => "<html>Please sign in to this network</html>"u8.ToArray(),
                "too long" => new byte[20_000],
                _ => bytes,
            }),
        };
        if (faulty && Fault is "breaks off" or "silence")
        {
            answer.Content = new StreamContent(Fault == "silence" ? new SilentStream() : new MemoryStream(bytes[..20]));
            answer.Content.Headers.ContentLength = bytes.Length;
        }

        Answered?.Invoke(_answered);
        return Task.FromResult(answer);
    }

    /// <summary>A body that never comes.</summary>
    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
