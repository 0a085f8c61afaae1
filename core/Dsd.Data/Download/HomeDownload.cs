using System.Net;

namespace Dsd.Data;

/// <summary>Downloads a data set over HTTPS from its authors' server.</summary>
/// <param name="handler">Creates the handler of the requests.</param>
internal sealed class HomeDownload(Func<HttpMessageHandler> handler)
{
    /// <summary>The time without data after which the download is given up.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Creates the handler for real requests; connecting times out after 10 s.</summary>
    public static HttpMessageHandler RealHandler() => new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10) };

    /// <summary>Downloads every file of a set with a home address into <see cref="StagingFolder.Ready"/>.</summary>
    /// <returns>The reason for a failure; null on success.</returns>
    public async Task<string?> Fetch(PublishedSet set, StagingFolder staging, Action<string> log, CancellationToken cancellation)
    {
        using var client = new HttpClient(handler()) { Timeout = Timeout.InfiniteTimeSpan };
        foreach (var file in set.Files)
        {
            log($"{set.Name}: downloading {file.Name}");
            var address = new Uri(set.Home!, file.Name);
            try
            {
                await Fetch(client, address, Path.Combine(staging.Ready, file.Name), file.MaxBytes, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                return $"{address}: {e.Message}";
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return $"{address}: no answer within the time allowed";
            }
        }

        return null;
    }

    private async Task Fetch(HttpClient client, Uri address, string path, long maxBytes, CancellationToken cancellation)
    {
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        watch.CancelAfter(Silence);
        using var response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, watch.Token).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"the server answered {(int)response.StatusCode} {response.ReasonPhrase}");
        }

        var announced = response.Content.Headers.ContentLength;
        using var body = await response.Content.ReadAsStreamAsync(watch.Token).ConfigureAwait(false);
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        var buffer = new byte[1 << 16];
        for (int read; (read = await body.ReadAsync(buffer, watch.Token).ConfigureAwait(false)) > 0; watch.CancelAfter(Silence))
        {
            await file.WriteAsync(buffer.AsMemory(0, read), watch.Token).ConfigureAwait(false);
            if (file.Length > maxBytes)
            {
                throw new IOException($"received more than {maxBytes} bytes, which is more than the file can have");
            }
        }

        if (announced is { } length && file.Length != length)
        {
            throw new IOException($"the transfer broke off after {file.Length} of {length} bytes");
        }
    }
}
