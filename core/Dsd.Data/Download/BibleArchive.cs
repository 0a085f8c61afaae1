using System.Buffers.Binary;

namespace Dsd.Data;

/// <summary>A reader of the data file of the program <c>bible</c>; gives the text as that program prints it.</summary>
/// <remarks>
/// The file starts with <c>EC02</c> and a title; from byte 84 it holds, as big-endian 32-bit numbers, the size of a block of text,
/// the number of blocks, and the offset of each. Each block was compressed separately by the program <c>compress</c> and is stored
/// without its header of three bytes. The first line of the text is a title; each further line is a verse.
/// </remarks>
internal static class BibleArchive
{
    private const int Numbers = 84;
    private const int MostPieces = 1 << 12;

    /// <summary>The path of the file in its package.</summary>
    public static string PathInPackage { get; } = Path.Combine("usr", "lib", "bible.data");

    /// <summary>Extracts the text from an unpacked package.</summary>
    /// <returns>The reason for a failure; null on success.</returns>
    public static string? TakeOut(string unpacked, string target)
    {
        var path = Path.Combine(unpacked, PathInPackage);
        if (!File.Exists(path))
        {
            return $"does not hold {PathInPackage}";
        }

        if (Read(File.ReadAllBytes(path)) is not { } text)
        {
            return $"holds a {PathInPackage} that is damaged or of another format";
        }

        File.WriteAllBytes(target, text);
        return null;
    }

    /// <summary>Reads the verses, one per line; null if the file is damaged or a different one.</summary>
    public static byte[]? Read(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith("EC02"u8) || file.Length < Numbers + 8)
        {
            return null;
        }

        var count = Number(file, 1);
        if (count is < 1 or > MostPieces || file.Length < Numbers + (4 * (2 + count)))
        {
            return null;
        }

        using var text = new MemoryStream();
        for (var i = 0; i < count; i++)
        {
            var start = Number(file, 2 + i);
            var end = i + 1 < count ? Number(file, 3 + i) : file.Length;
            if (start < 0 || end < start || end > file.Length || !UnixCompress.TryExpand(file[start..end], text))
            {
                return null;
            }
        }

        var lines = text.GetBuffer().AsSpan(0, (int)text.Length);
        return lines[(lines.IndexOf((byte)'\n') + 1)..].ToArray();
    }

    private static int Number(ReadOnlySpan<byte> file, int index) => BinaryPrimitives.ReadInt32BigEndian(file[(Numbers + (4 * index))..]);
}
