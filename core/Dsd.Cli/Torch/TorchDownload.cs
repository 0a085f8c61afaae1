namespace Dsd.Cli;

/// <summary>The NuGet package of libtorch for one platform.</summary>
/// <param name="ContentHash">The SHA-512 of the package's content in base 64, as in NuGet's lock files.</param>
/// <param name="DownloadMegabytes">The size of the package, in MB.</param>
/// <param name="DiskMegabytes">The size of its libraries, in MB.</param>
internal sealed record TorchDownload(string ContentHash, int DownloadMegabytes, int DiskMegabytes)
{
    /// <summary>The version of all of <see cref="Known"/>.</summary>
    public const string Version = "2.10.0";

    /// <summary>The packages by platform, for every platform that TorchSharp supports.</summary>
    public static IReadOnlyDictionary<string, TorchDownload> Known { get; } = new Dictionary<string, TorchDownload>
    {
        ["linux-x64"] = new("YGd/F5T77Urmui3LeXOgXP8xqY+RpSZFcMBwV+tBDYMMtxppKyi8O4ajnWSNSmlSctr6KGvSmfGRhmxRGYfbuA==", 128, 498),
        ["osx-arm64"] = new("i8aTC3F+7JI65Jdr4MfgdVdZpFU/FCn2G1b/yc4Z8FauDgpc2cji3mwDfQy+3KdD+rpDBgCiAdqs8o0v7mDNXw==", 57, 245),
        ["win-arm64"] = new("GCJWQsvmhvAE36CzLwIDRdWw+GWWf+C1UWqWtTlZg9wlmA3YAcvY4YGHl2BfZuRt64mScxwYU49Q/jybC+qogQ==", 42, 154),
        ["win-x64"] = new("Gr1gCbueixwQIEnWiMXyAs4/uAFBar03K+AxZm9BY3t17MFaX9rEIe9Vxz+Cguo9G6dXXOeGAO3W1OEhax74Mw==", 80, 268),
    };

    /// <summary>Formats both sizes.</summary>
    public string Sizes => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{DownloadMegabytes} MB to download, {DiskMegabytes} MB on disk");
}
