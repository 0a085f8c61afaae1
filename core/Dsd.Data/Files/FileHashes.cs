using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Dsd.Data;

/// <summary>SHA-256 hashes of files, each read once and then identified by path, size and time of last change.</summary>
/// <remarks>
/// Hashes are cached in the process, and for other processes in the user's cache folder, one file for each folder of data. That file only saves
/// time: it can be deleted at any time, several processes may write it at once (the last one wins), and if it cannot be read or written, or was
/// changed otherwise (it ends with a hash of its content), each process reads contents once. A file changed in the last two seconds is hashed but not cached, since a clock may be too coarse to show its next
/// change; one whose time lies in the future is cached once it has had that time for two seconds.
/// </remarks>
internal static class FileHashes
{
    private const string Header = "dsd file hashes 2";

    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    /// <summary>The hashes known to this process, by full path: contents that do not change are read once even if no cache can be written.</summary>
    private static readonly ConcurrentDictionary<string, Entry> s_known = new(StringComparer.Ordinal);

    /// <summary>The time since which files have had stamps that were too recent to be trusted.</summary>
    private static readonly ConcurrentDictionary<string, (FileStamp Stamp, long Since)> s_unsettled = new(StringComparer.Ordinal);

    /// <summary>Hashes files of a folder.</summary>
    /// <param name="folder">The folder of the data, which identifies the cache file.</param>
    /// <param name="paths">The files, relative to the folder or full.</param>
    /// <param name="cancellation">Cancels the operation; finished hashes are kept.</param>
    /// <returns>64 lowercase hexadecimal digits for each, in order; null if a file cannot be read.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static IReadOnlyList<string?> Of(string folder, IReadOnlyList<string> paths, CancellationToken cancellation = default) =>
        Of(folder, paths, DataEnvironment.Current().CacheRoot, cancellation);

    /// <summary>Hashes files of a folder, with the cache in a given folder, or none if its path is empty.</summary>
    internal static IReadOnlyList<string?> Of(string folder, IReadOnlyList<string> paths, string cache, CancellationToken cancellation = default) =>
        [.. Files(folder, paths, cache, cancellation).Select(f => f?.Hash)];

    /// <summary>Computes the hashes and sizes of files of a folder; null for a file that cannot be read.</summary>
    /// <inheritdoc cref="Of(string, IReadOnlyList{string}, CancellationToken)"/>
    public static IReadOnlyList<(string Hash, long Bytes)?> Files(string folder, IReadOnlyList<string> paths, CancellationToken cancellation = default) =>
        Files(folder, paths, DataEnvironment.Current().CacheRoot, cancellation);

    private static (string Hash, long Bytes)?[] Files(string folder, IReadOnlyList<string> paths, string cache, CancellationToken cancellation)
    {
        folder = Path.GetFullPath(folder);
        var file = CacheFile(folder, cache);
        var kept = new Lazy<Dictionary<string, Entry>>(() => Read(file));
        var files = new (string Hash, long Bytes)?[paths.Count];
        var added = new ConcurrentDictionary<string, Entry>(StringComparer.Ordinal);
        try
        {
            Parallel.For(0, paths.Count, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                var path = Path.GetFullPath(paths[i], folder);
                if (FileStamp.Of(path) is not { } now)
                {
                    return;
                }

                if ((s_known.TryGetValue(path, out var entry) && entry.Stamp == now) || (kept.Value.TryGetValue(path, out entry) && entry.Stamp == now))
                {
                    s_known[path] = entry;
                    files[i] = (entry.Hash, now.Length);
                }
                else if (Hash(path) is var (read, isSteady))
                {
                    files[i] = (read.Hash, read.Stamp.Length);
                    if (isSteady)
                    {
                        s_known[path] = added[path] = read;
                    }
                }
            });
        }
        finally
        {
            if (!added.IsEmpty)
            {
                // Another process may have written it meanwhile; entries of missing files are dropped.
                var known = Read(file);
                foreach (var gone in known.Keys.Where(path => !File.Exists(path)).ToList())
                {
                    known.Remove(gone);
                }

                foreach (var (path, entry) in added)
                {
                    known[path] = entry;
                }

                Write(file, known);
            }
        }

        return files;
    }

    /// <summary>The cache file of a folder's hashes; null if there is no cache folder.</summary>
    internal static string? CacheFile(string folder, string cache) => cache.Length == 0 ? null
        : Path.Combine(cache, "hashes", Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(folder)))[..32]);

    /// <summary>Hashes a file; null if it cannot be read. One that is not steady must not be cached.</summary>
    private static (Entry Read, bool IsSteady)? Hash(string path)
    {
        try
        {
            using var content = InputFile.Open(path, FileOptions.SequentialScan);
            if (FileStamp.Of(path) is not { } before)
            {
                return null;
            }

            var isSettled = IsSettled(path, before);
            var hash = Convert.ToHexStringLower(SHA256.HashData(content));
            return (new Entry(hash, before), isSettled && FileStamp.Of(path) == before);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>True if the next change of a file is certain to change its time: the time is past, or the file has been seen with it for long enough.</summary>
    private static bool IsSettled(string path, FileStamp now)
    {
        if (now.Time < DateTime.UtcNow - s_settled)
        {
            s_unsettled.TryRemove(path, out _);
            return true;
        }

        if (s_unsettled.TryGetValue(path, out var seen) && seen.Stamp == now)
        {
            return Stopwatch.GetElapsedTime(seen.Since) >= s_settled;
        }

        s_unsettled[path] = (now, Stopwatch.GetTimestamp());
        return false;
    }

    private static Dictionary<string, Entry> Read(string? file)
    {
        var known = new Dictionary<string, Entry>(StringComparer.Ordinal);
        try
        {
            if (file is not null && File.Exists(file))
            {
                InputFile.Check(file);
                var bytes = File.ReadAllBytes(file);
                var content = bytes.AsMemory(0, Math.Max(0, bytes.Length - SHA256.HashSizeInBytes));
                if (!SHA256.HashData(content.Span).AsSpan().SequenceEqual(bytes.AsSpan(content.Length)))
                {
                    // Changed since it was written, or of an earlier version.
                    return known;
                }

                using var reader = new BinaryReader(new MemoryStream(bytes, 0, content.Length));
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
            // Damaged or of another version: contents are read again.
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
            using var content = new MemoryStream();
            using (var writer = new BinaryWriter(content, System.Text.Encoding.UTF8, leaveOpen: true))
            {
                writer.Write(Header);
                writer.Write(known.Count);
                foreach (var (path, entry) in known)
                {
                    writer.Write(path);
                    writer.Write(entry.Stamp.Length);
                    writer.Write(entry.Stamp.Time.Ticks);
                    writer.Write(Convert.FromHexString(entry.Hash));
                }
            }

            content.Write(SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length)));
            AtomicFile.Write(file, stream => content.WriteTo(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The file only saves time.
        }
    }

    private readonly record struct Entry(string Hash, FileStamp Stamp);
}
