using System.Security.Cryptography;
using Dsd.Data.Obtaining;

namespace Dsd.Data;

/// <summary>SHA-256 hashes of the contents of files, each read once and then known by path, size and time of the last change.</summary>
/// <remarks>
/// Hashes are kept in the user's cache folder, a file for each folder of data. That file saves time alone: it can be deleted at any
/// time, several processes may write it at once (the last one wins), and where it cannot be read or written, contents are read again.
/// A file changed in the last two seconds is hashed but not remembered, since a clock may be too coarse to tell its next change.
/// </remarks>
internal static class FileHashes
{
    private const string Header = "dsd file hashes 1";

    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    /// <summary>The hashes of some files of a folder.</summary>
    /// <param name="folder">The folder of the data; it names the file that keeps the hashes.</param>
    /// <param name="paths">The files, relative to the folder or full.</param>
    /// <param name="cancellation">Breaks off; what was hashed until then is kept.</param>
    /// <returns>64 lowercase hexadecimal digits for each, in order; null where a file cannot be read.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was asked for.</exception>
    public static IReadOnlyList<string?> Of(string folder, IReadOnlyList<string> paths, CancellationToken cancellation = default) =>
        Of(folder, paths, DataEnvironment.Current().CacheRoot, cancellation);

    /// <summary>The same, with the hashes kept in a folder, or nowhere if its path is empty.</summary>
    internal static IReadOnlyList<string?> Of(string folder, IReadOnlyList<string> paths, string cache, CancellationToken cancellation = default)
    {
        folder = Path.GetFullPath(folder);
        var file = CacheFile(folder, cache);
        var known = Read(file);
        var hashes = new string?[paths.Count];
        var stamps = new FileStamp?[paths.Count];
        try
        {
            Parallel.For(0, paths.Count, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                var path = Path.GetFullPath(paths[i], folder);
                if (FileStamp.Of(path) is { } now && known.TryGetValue(path, out var kept) && kept.Stamp == now)
                {
                    hashes[i] = kept.Hash;
                }
                else
                {
                    (hashes[i], stamps[i]) = Hash(path);
                }
            });
        }
        finally
        {
            var added = Enumerable.Range(0, paths.Count).Where(i => stamps[i] is not null)
                .Select(i => (Path: Path.GetFullPath(paths[i], folder), Entry: new Entry(hashes[i]!, stamps[i]!.Value))).ToList();
            if (added.Count > 0)
            {
                // Another process may have written it meanwhile.
                known = Read(file);
                foreach (var (path, entry) in added)
                {
                    known[path] = entry;
                }

                Write(file, known);
            }
        }

        return hashes;
    }

    /// <summary>The file that keeps the hashes of a folder's files; null where there is no cache folder.</summary>
    internal static string? CacheFile(string folder, string cache) => cache.Length == 0 ? null
        : Path.Combine(cache, "hashes", Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(folder)))[..32]);

    /// <summary>Reads a file; the stamp is null where the hash must not be remembered.</summary>
    private static (string? Hash, FileStamp? Stamp) Hash(string path)
    {
        try
        {
            using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 16, FileOptions.SequentialScan);
            var before = FileStamp.Of(path);
            var hash = Convert.ToHexStringLower(SHA256.HashData(content));
            var steady = before is { } b && FileStamp.Of(path) == b && b.Time < DateTime.UtcNow - s_settled;
            return (hash, steady ? before : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private static Dictionary<string, Entry> Read(string? file)
    {
        var known = new Dictionary<string, Entry>(StringComparer.Ordinal);
        try
        {
            if (file is not null && File.Exists(file))
            {
                using var reader = new BinaryReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
                for (var left = reader.ReadString() == Header ? reader.ReadInt32() : 0; left > 0; left--)
                {
                    var path = reader.ReadString();
                    var stamp = new FileStamp(reader.ReadInt64(), new(reader.ReadInt64(), DateTimeKind.Utc));
                    known[path] = new(Convert.ToHexStringLower(reader.ReadBytes(SHA256.HashSizeInBytes)), stamp);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or FormatException)
        {
            // Damaged, or of another version: contents are read again.
            known.Clear();
        }

        return known;
    }

    private static void Write(string? file, Dictionary<string, Entry> known)
    {
        if (file is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            AtomicFile.Write(file, stream =>
            {
                using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
                writer.Write(Header);
                writer.Write(known.Count);
                foreach (var (path, entry) in known)
                {
                    writer.Write(path);
                    writer.Write(entry.Stamp.Length);
                    writer.Write(entry.Stamp.Time.Ticks);
                    writer.Write(Convert.FromHexString(entry.Hash));
                }
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file only saves time.
        }
    }

    private readonly record struct Entry(string Hash, FileStamp Stamp);
}
