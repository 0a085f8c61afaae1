using System.Buffers.Binary;

namespace Dsd.Data;

/// <summary>The text in the data file of the program <c>bible</c>, as that program prints it.</summary>
/// <remarks>
/// The file begins with <c>EC02</c> and a title; at byte 84 stand, as big-endian 32-bit numbers, the size of a piece of text,
/// the number of pieces, and the place of each. Every piece was compressed by itself, by the program <c>compress</c>, and stands
/// without that one's header of three bytes. The first line of the text is a title, then each line is a verse.
/// </remarks>
internal static class BibleArchive
{
    private const int Numbers = 84;
    private const int MostPieces = 1 << 12;

    /// <summary>Where the file lies in its package.</summary>
    public static string PathInPackage { get; } = Path.Combine("usr", "lib", "bible.data");

    /// <summary>Takes the text out of an unpacked package.</summary>
    /// <returns>Why it did not work, or null if it did.</returns>
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

    /// <summary>The verses, one a line; null where the file is damaged or another.</summary>
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
