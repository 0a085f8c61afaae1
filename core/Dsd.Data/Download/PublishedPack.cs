using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Dsd.Data;

/// <summary>The files of a published data set in one zip archive, read into memory.</summary>
/// <remarks>
/// The hash covers the names, lengths and contents of the files in the order of their names, so that it does not depend on the
/// program that packed them, nor on the compression.
/// </remarks>
/// <param name="Path">The path it was read from, for messages.</param>
/// <param name="Files">The contents by name, with forward slashes, in ordinal order.</param>
internal sealed record PublishedPack(string Path, SortedDictionary<string, byte[]> Files) : IPublishedContent
{
    private const int MostFiles = 20_000;
    private const long MostBytes = 1L << 30;

    // The highest compression ratio of Deflate (RFC 1951: 258 bytes for two bits).
    private const long MaxCompression = 1032;

    /// <summary>Packs files, without compressing them.</summary>
    /// <param name="target">The path of the new archive.</param>
    /// <param name="files">The names in the archive and the paths of the files.</param>
    public static void Write(string target, IEnumerable<(string Name, string Path)> files)
    {
        using var archive = ZipFile.Open(target, ZipArchiveMode.Create);
        foreach (var (name, path) in files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            archive.CreateEntryFromFile(path, name, CompressionLevel.NoCompression);
        }
    }

    /// <summary>Reads an archive.</summary>
    /// <exception cref="DsdException">It is missing, damaged, not a zip archive, or too large.</exception>
    public static PublishedPack Read(string path)
    {
        try
        {
            using var file = InputFile.Open(path);
            using var archive = new ZipArchive(file);
            var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            var entries = archive.Entries.Where(e => !e.FullName.EndsWith('/')).ToList();
            if (entries.Count > MostFiles || entries.Any(e => e.Length > MostBytes) || entries.Sum(e => e.Length) > MostBytes)
            {
                throw new DsdException($"The archive '{path}' holds more than {MostFiles} files or {MostBytes} bytes. Delete it and download the data set again.");
            }

            // Before anything of that size is allocated.
            if (entries.FirstOrDefault(e => e.Length < 0 || e.Length > Math.Min(e.CompressedLength, file.Length) * MaxCompression) is { } announced)
            {
                throw new InvalidDataException($"it announces {announced.Length} bytes for {announced.FullName}, more than can be packed in it.");
            }

            foreach (var entry in entries)
            {
                var content = new byte[entry.Length];
                using var stream = entry.Open();
                stream.ReadExactly(content);
                if (!files.TryAdd(entry.FullName, content))
                {
                    throw new InvalidDataException($"it holds {entry.FullName} twice");
                }
            }

            return new(path, files);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DsdException($"There is no file '{path}'; a zip archive was expected there. Check the path or download the data set again.", e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new DsdException($"The file '{path}' cannot be read as a zip archive: {e.Message} Delete it and download the data set again.", e);
        }
    }

    /// <inheritdoc/>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in Files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{name}\n{content.Length}\n")));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
