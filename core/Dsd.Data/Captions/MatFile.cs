using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Dsd.Data;

/// <summary>A reader of the matrix <c>feats</c> in a MATLAB file of version 5 (also 7), such as Karpathy's vgg_feats.mat: one column per image.</summary>
/// <remarks>
/// Supports little-endian files with real matrices of 32- or 64-bit floating point, compressed or not; other variables are skipped.
/// Source: "MATLAB MAT-file format" by The MathWorks.
/// </remarks>
internal static class MatFile
{
    private const string Variable = "feats";
    private const int Matrix = 14;
    private const int Compressed = 15;
    private const int HeaderBytes = 128;
    private const int MostNameBytes = 64;
    private const int BlockBytes = 1 << 20;

    // The highest compression ratio of Deflate (RFC 1951: 258 bytes for two bits).
    private const long MaxCompression = 1032;

    /// <summary>Reads a file, or only its sizes.</summary>
    /// <exception cref="DsdException">The file is missing, unreadable, damaged, or holds no such matrix.</exception>
    public static FeatureMatrix Read(string path, bool sizesOnly = false) => FeatureFile.Opened(path, ".mat", file =>
    {
        var header = new byte[HeaderBytes];
        Fill(file, header, path);
        if (header.AsSpan().StartsWith("MATLAB 7.3"u8))
        {
            throw new DsdException($"The file '{path}' is of MATLAB's version 7.3, which is another format. Save it again with the option -v7, or as .npy.");
        }

        if (!header.AsSpan(124).SequenceEqual((ReadOnlySpan<byte>)[0, 1, (byte)'I', (byte)'M']))
        {
            throw Damaged(path, "its header is not that of a little-endian file of version 5");
        }

        while (file.Position < file.Length)
        {
            var (type, size, _) = Tag(file, path);
            var end = file.Position + size;
            if (end > file.Length)
            {
                throw Damaged(path, "it ends prematurely");
            }

            if (type is Matrix or Compressed && Find(file, type, size, path, sizesOnly) is { } found)
            {
                return found;
            }

            file.Position = end;
        }

        throw new DsdException($"The file '{path}' holds no matrix named '{Variable}'. Save the features under that name, one column per image.");
    });

    private static FeatureMatrix? Find(FileStream file, int type, long size, string path, bool sizesOnly)
    {
        if (type == Matrix)
        {
            return Inside(file, size, path, sizesOnly);
        }

        try
        {
            using var content = new ZLibStream(file, CompressionMode.Decompress, leaveOpen: true);
            var (inner, _, _) = Tag(content, path);
            return inner == Matrix ? Inside(content, size * MaxCompression, path, sizesOnly) : null;
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, $"its compressed data are corrupt ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>Reads the matrix at the current position if it has the requested name; its values take at most the given number of bytes.</summary>
    private static FeatureMatrix? Inside(Stream content, long mostBytes, string path, bool sizesOnly)
    {
        var flags = Element(content, 8, path);
        var sizes = Element(content, MostNameBytes, path);
        if (Encoding.ASCII.GetString(Element(content, MostNameBytes, path)) != Variable)
        {
            return null;
        }

        var (kind, isComplex) = (flags.Length == 8 ? flags[0] : 0, flags.Length == 8 && (flags[1] & 8) != 0);
        if (kind is not (6 or 7) || isComplex || sizes.Length != 8)
        {
            throw new DsdException($"In the file '{path}', '{Variable}' is not a real two-dimensional matrix in single or double precision. Save it as such, one column per image.");
        }

        var (columns, rows) = (BinaryPrimitives.ReadInt32LittleEndian(sizes), BinaryPrimitives.ReadInt32LittleEndian(sizes.AsSpan(4)));
        var count = FeatureFile.CheckedCount(rows, columns, path);
        var (type, bytes, small) = Tag(content, path);
        var width = type switch { 1 or 2 => 1, 3 or 4 => 2, 5 or 6 or 7 => 4, 9 => 8, _ => throw Damaged(path, $"its numbers are of the type {type}, which no matrix has") };
        if (bytes != (long)count * width || bytes > mostBytes)
        {
            throw Damaged(path, FormattableString.Invariant($"{columns}×{rows} numbers of {width} bytes are announced, but {bytes} bytes follow"));
        }

        // Column-major in the file means one row per image here.
        return new(rows, columns, sizesOnly ? [] : Values(small is null ? content : new MemoryStream(small), count, type, width, path));
    }

    private static float[] Values(Stream content, int count, int type, int width, string path)
    {
        var values = new float[count];
        var block = new byte[Math.Min(BlockBytes, (long)count * width)];
        for (var place = 0; place < count;)
        {
            var bytes = block.AsSpan(0, (int)Math.Min(block.Length, (long)(count - place) * width));
            Fill(content, bytes, path);
            for (var i = 0; i < bytes.Length; i += width, place++)
            {
                var number = bytes[i..];
                values[place] = type switch
                {
                    1 => (sbyte)number[0],
                    2 => number[0],
                    3 => BinaryPrimitives.ReadInt16LittleEndian(number),
                    4 => BinaryPrimitives.ReadUInt16LittleEndian(number),
                    5 => BinaryPrimitives.ReadInt32LittleEndian(number),
                    6 => BinaryPrimitives.ReadUInt32LittleEndian(number),
                    7 => BinaryPrimitives.ReadSingleLittleEndian(number),
                    _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(number),
                };
            }
        }

        return values;
    }

    /// <summary>Reads a small element completely, with its padding to eight bytes.</summary>
    private static byte[] Element(Stream content, int most, string path)
    {
        var (_, size, small) = Tag(content, path);
        if (small is not null)
        {
            return small[..(int)size];
        }

        if (size > most)
        {
            throw Damaged(path, $"{size} bytes are announced where at most {most} can be");
        }

        var padded = new byte[(size + 7) / 8 * 8];
        Fill(content, padded, path);
        return padded[..(int)size];
    }

    /// <summary>Reads the type and size of the next element; data of up to four bytes are stored in the tag itself.</summary>
    private static (int Type, long Size, byte[]? Small) Tag(Stream content, string path)
    {
        var tag = new byte[8];
        Fill(content, tag, path);
        var first = BinaryPrimitives.ReadUInt32LittleEndian(tag);
        return first >> 16 is 0
            ? ((int)first, BinaryPrimitives.ReadUInt32LittleEndian(tag.AsSpan(4)), null)
            : first >> 16 <= 4
                ? ((int)(first & 0xFFFF), first >> 16, tag[4..])
                : throw Damaged(path, "an element's size makes no sense");
    }

    private static void Fill(Stream content, Span<byte> target, string path)
    {
        if (content.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw Damaged(path, "it ends prematurely");
        }
    }

    private static DsdException Damaged(string path, string what, Exception? cause = null) => FeatureFile.Damaged(path, ".mat", what, cause);
}
