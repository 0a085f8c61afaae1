namespace Dsd.Data;

/// <summary>Extracts a data set from its Debian packages, without installing anything and without root privileges.</summary>
/// <param name="run">Runs the programs.</param>
internal sealed class DebianPackage(RunProgram run)
{
    private static readonly TimeSpan DownloadLimit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ListsLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan UnpackLimit = TimeSpan.FromMinutes(2);

    private static readonly string[] Patience =
    [
        "-q", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10", "-o", "Acquire::https::Timeout=10", "-o", "APT::Sandbox::User=root",
    ];

    // Untranslated messages of apt without a network; fresh package lists could not be fetched either.
    private static readonly string[] NoNetwork =
        ["Could not resolve", "Temporary failure resolving", "Could not connect", "Unable to connect", "onnection timed out", "Network is unreachable"];

    /// <summary>Downloads the packages and leaves the files of the set in <see cref="StagingFolder.Ready"/>.</summary>
    /// <returns>The reason for a failure; null on success.</returns>
    public async Task<string?> Fetch(PublishedSet set, StagingFolder staging, CancellationToken cancellation)
    {
        if (await Download(set, staging, cancellation).ConfigureAwait(false) is { } problem)
        {
            return problem;
        }

        var packages = Directory.GetFiles(staging.Work, "*.deb");
        if (packages.Length != set.Packages.Count)
        {
            return $"apt-get left {packages.Length} packages, expected {set.Packages.Count}";
        }

        var unpacked = Path.Combine(staging.Work, "unpacked");
        foreach (var package in packages.Order(StringComparer.Ordinal))
        {
            var unpacking = await run("dpkg-deb", ["-x", package, unpacked], staging.Work, UnpackLimit, cancellation).ConfigureAwait(false);
            if (!unpacking.Success)
            {
                return $"dpkg-deb: {unpacking.LastLine}";
            }
        }

        return TakeOut(set, unpacked, staging) is { } lack ? $"the {set.PackageNames} {lack}" : null;
    }

    /// <summary>Extracts the files of the set from installed packages.</summary>
    /// <returns>True on success.</returns>
    public static bool TryTakeInstalled(PublishedSet set, string? root, StagingFolder staging) =>
        root is not null && set.Packages.Count > 0 && set.TakeOut is not null && TakeOut(set, root, staging) is null;

    private static string? TakeOut(PublishedSet set, string unpacked, StagingFolder staging)
    {
        var takeOut = set.TakeOut ?? ((from, to) => Move(Path.Combine(from, "usr", "share", "datasets", set.Name, Path.GetFileName(to)), to));
        foreach (var file in set.Files)
        {
            if (takeOut(unpacked, Path.Combine(staging.Ready, file.Name)) is { } lack)
            {
                return lack;
            }
        }

        return null;
    }

    private static string? Move(string path, string target)
    {
        if (!File.Exists(path))
        {
            return $"does not hold {Path.GetFileName(target)}";
        }

        File.Move(path, target);
        return null;
    }

    private async Task<string?> Download(PublishedSet set, StagingFolder staging, CancellationToken cancellation)
    {
        var first = await run("apt-get", ["download", .. Patience, .. set.Packages], staging.Work, DownloadLimit, cancellation).ConfigureAwait(false);
        if (first.Success)
        {
            return null;
        }

        if (first.Output.Contains("cannot be run", StringComparison.Ordinal)
            || NoNetwork.Any(text => first.Output.Contains(text, StringComparison.Ordinal)))
        {
            return $"apt-get: {first.LastLine}";
        }

        // The package lists are missing or out of date; fetch them into separate folders.
        var state = Path.Combine(staging.Work, "state");
        var cache = Path.Combine(staging.Work, "cache");
        Directory.CreateDirectory(Path.Combine(state, "lists", "partial"));
        Directory.CreateDirectory(Path.Combine(cache, "archives", "partial"));
        string[] apart =
        [
            "-o", $"Dir::State={state}", "-o", $"Dir::State::lists={Path.Combine(state, "lists")}",
            "-o", "Dir::State::status=/var/lib/dpkg/status", "-o", $"Dir::Cache={cache}",
        ];

        // The download shows if the update was sufficient: one dead source among many makes the whole update fail.
        var update = await run("apt-get", ["update", .. Patience, .. apart], staging.Work, ListsLimit, cancellation).ConfigureAwait(false);
        var second = await run("apt-get", ["download", .. Patience, .. apart, .. set.Packages], staging.Work, DownloadLimit, cancellation).ConfigureAwait(false);
        return second.Success ? null : $"apt-get: {(update.Success ? second : update).LastLine}";
    }
}
