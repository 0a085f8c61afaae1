using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Dsd.Runs;

/// <summary>The inventory of a data set: its files with sizes and hashes, for comparison file by file.</summary>
public sealed class DataInventory
{
    private const int MostNames = 3;

    /// <summary>The largest length of a list: 256 MiB, about two million files.</summary>
    private const int MostListBytes = 1 << 28;

    /// <summary>Creates an inventory.</summary>
    /// <param name="data">The name of the data, valid in any working folder.</param>
    /// <param name="files">The files, each name once, in any order.</param>
    public DataInventory(string data, IEnumerable<Entry> files)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(data);
        ArgumentNullException.ThrowIfNull(files);
        Data = data;
        Files = [.. files.OrderBy(f => f.Name, StringComparer.Ordinal)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Line(file)));
        }

        Hash = Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    /// <summary>The name of the data, valid in any working folder.</summary>
    public string Data { get; }

    /// <summary>The files, in ordinal order of their names.</summary>
    public IReadOnlyList<Entry> Files { get; }

    /// <summary>A hash over names, sizes and contents, 32 hexadecimal digits; it does not depend on the location of the data.</summary>
    public string Hash { get; }

    /// <summary>Summarises the inventory.</summary>
    /// <param name="declaredAs">The name of the data in the study.</param>
    public DataFingerprint Fingerprint(string declaredAs) =>
        new(Data, declaredAs, Hash, Files.Count, Files.All(f => f.Bytes is not null) ? Files.Sum(f => f.Bytes!.Value) : null);

    /// <summary>Describes the changes since an earlier inventory: numbers and first names of files added, removed and changed.</summary>
    /// <param name="earlier">The earlier inventory.</param>
    /// <returns>For example <c>"2 files added (train/cat/7.png, train/cat/8.png)"</c>; empty without changes.</returns>
    public string Since(DataInventory earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        var (before, now) = (earlier.Files.ToDictionary(f => f.Name), Files.ToDictionary(f => f.Name));
        return string.Join(", ", new[]
        {
            Some("added", Files.Where(f => !before.ContainsKey(f.Name))),
            Some("removed", earlier.Files.Where(f => !now.ContainsKey(f.Name))),
            Some("changed", Files.Where(f => before.TryGetValue(f.Name, out var was) && was != f)),
        }.OfType<string>());
    }

    /// <summary>Writes the list to a compressed file.</summary>
    internal void Write(string path) => AtomicFile.Write(path, file =>
    {
        using var writer = new StreamWriter(new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        foreach (var entry in Files)
        {
            writer.Write(Line(entry));
        }
    });

    /// <summary>Reads a list written by <see cref="Write"/>; null if there is none, or its hash differs from the given one.</summary>
    internal static DataInventory? Read(string path, string data, string? hash)
    {
        try
        {
            using var content = Unpacked(path);
            using var reader = new StreamReader(content, Encoding.UTF8);
            var files = new List<Entry>();
            while (reader.ReadLine() is { } line)
            {
                var parts = line.Split('\t', 3);
                files.Add(new(Uri.UnescapeDataString(parts[2]), parts[1].Length == 0 ? null : long.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture), parts[0]));
            }

            return new DataInventory(data, files) is var read && (hash is null || read.Hash == hash) ? read : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or FormatException or OverflowException or ArgumentException or IndexOutOfRangeException)
        {
            // The list only serves messages: without it, differences are reported by numbers.
            return null;
        }
    }

    /// <summary>Unpacks a list, which can be packed small and be endless.</summary>
    private static MemoryStream Unpacked(string path)
    {
        using var packed = new GZipStream(InputFile.Open(path), CompressionMode.Decompress);
        var content = new MemoryStream();
        var block = new byte[1 << 16];
        for (int read; (read = packed.Read(block)) > 0;)
        {
            content.Write(block.AsSpan(0, read));
            if (content.Length > MostListBytes)
            {
                throw new InvalidDataException("No list of files is so long.");
            }
        }

        content.Position = 0;
        return content;
    }

    // A name may contain any character but a slash and a null, even line breaks.
    private static string Line(Entry file) => string.Create(CultureInfo.InvariantCulture, $"{file.Hash}\t{file.Bytes}\t{Uri.EscapeDataString(file.Name)}\n");

    private static string? Some(string what, IEnumerable<Entry> files)
    {
        var names = files.Select(f => f.Name).ToList();
        return names.Count == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{names.Count:N0} file{(names.Count == 1 ? "" : "s")} {what} ({string.Join(", ", names.Take(MostNames))}{(names.Count > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - MostNames:N0} more") : "")})");
    }

    /// <summary>A file of a data set.</summary>
    /// <param name="Name">Its path within the data, with forward slashes, e.g. <c>"train/cat/1.png"</c>; the full path if it is elsewhere.</param>
    /// <param name="Bytes">Its size in bytes; null if only a published checksum is known.</param>
    /// <param name="Hash">The SHA-256 of its content in lower-case hexadecimal; empty if it cannot be read.</param>
    public sealed record Entry(string Name, long? Bytes, string Hash);
}
