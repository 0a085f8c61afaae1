using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Dsd.Data;

/// <summary>A reader and writer of floating-point matrices in NumPy's .npy format, with complete checks of the header.</summary>
/// <remarks>
/// Supports versions 1 to 3, little-endian values of 32 or 64 bits, two dimensions, row-major (C) or column-major (Fortran) order.
/// Source: the NumPy manual, "NEP 1: a simple file format for NumPy arrays".
/// </remarks>
internal static partial class NpyFile
{
    private const int MostHeaderBytes = 10_000;
    private const int BlockBytes = 1 << 20;

    /// <summary>Reads a file, or only its sizes.</summary>
    /// <exception cref="DsdException">The file is missing, unreadable, damaged, or holds something else.</exception>
    public static FeatureMatrix Read(string path, bool sizesOnly = false) => FeatureFile.Opened<FeatureMatrix>(path, ".npy", file =>
    {
        Span<byte> start = stackalloc byte[12];
        Fill(file, start[..10], path);
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8))
        {
            throw FeatureFile.Damaged(path, ".npy", "it does not start with NumPy's magic bytes");
        }

        if (start[6] is < 1 or > 3)
        {
            throw FeatureFile.Damaged(path, ".npy", $"it is of version {start[6]}.{start[7]}, but versions 1 to 3 are known");
        }

        var length = start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : Long(start);
        if (length > MostHeaderBytes)
        {
            throw FeatureFile.Damaged(path, ".npy", $"its header is said to have {length} bytes, at most {MostHeaderBytes} are allowed");
        }

        var header = new byte[length];
        Fill(file, header, path);
        var (wide, fortran, rows, columns) = Described(Encoding.UTF8.GetString(header), path);
        var size = wide ? sizeof(double) : sizeof(float);
        var count = FeatureFile.CheckedCount(rows, columns, path);
        return file.Length - file.Position != (long)count * size
            ? throw FeatureFile.Damaged(path, ".npy", FormattableString.Invariant($"its header announces {rows}×{columns} numbers of {size} bytes, but {file.Length - file.Position} bytes follow"))
            : new(rows, columns, sizesOnly ? [] : Values(file, count, rows, columns, wide, fortran, path));

        long Long(Span<byte> first)
        {
            Fill(file, first[10..12], path);
            return BinaryPrimitives.ReadUInt32LittleEndian(first[8..]);
        }
    });

    /// <summary>Writes a matrix in row-major float32; the file appears complete or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written.</exception>
    public static void Write(string path, FeatureMatrix matrix) => AtomicFile.Write(path, file =>
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({matrix.Rows}, {matrix.Columns}), }}");
        var padded = ((10 + text.Length + 1 + 63) / 64 * 64) - 10;
        file.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)padded, (byte)(padded >> 8)]);
        file.Write(Encoding.ASCII.GetBytes(text.PadRight(padded - 1) + "\n"));
        for (var start = 0; start < matrix.Values.Length; start += BlockBytes)
        {
            file.Write(MemoryMarshal.AsBytes(matrix.Values.AsSpan(start, Math.Min(BlockBytes, matrix.Values.Length - start))));
        }
    });

    private static (bool Wide, bool Fortran, int Rows, int Columns) Described(string header, string path)
    {
        var (type, order, shape) = (Type().Match(header), Order().Match(header), Shape().Match(header));
        if (!type.Success || !order.Success || !shape.Success)
        {
            throw FeatureFile.Damaged(path, ".npy", "its header does not say type, order and two sizes of a matrix");
        }

        return type.Groups[1].Value is not ("<f4" or "<f8")
            ? throw new DsdException($"The file '{path}' holds numbers of the type '{type.Groups[1].Value}'; '<f4' and '<f8' are allowed. Save it again after .astype('float32').")
            : int.TryParse(shape.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var rows) && int.TryParse(shape.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out var columns)
                ? (type.Groups[1].Value == "<f8", order.Groups[1].Value == "True", rows, columns)
                : throw FeatureFile.Damaged(path, ".npy", "a size in its header is too large");
    }

    private static float[] Values(FileStream file, int count, int rows, int columns, bool wide, bool fortran, string path)
    {
        var values = new float[count];
        var block = new byte[Math.Min(BlockBytes, (long)count * (wide ? sizeof(double) : sizeof(float)))];
        var place = 0;
        while (place < count)
        {
            var bytes = block.AsSpan(0, (int)Math.Min(block.Length, (long)(count - place) * (wide ? sizeof(double) : sizeof(float))));
            Fill(file, bytes, path);
            var numbers = bytes.Length / (wide ? sizeof(double) : sizeof(float));
            for (var i = 0; i < numbers; i++, place++)
            {
                var value = wide ? (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]) : BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                values[fortran ? (place % rows * columns) + (place / rows) : place] = value;
            }
        }

        return values;
    }

    private static void Fill(FileStream file, Span<byte> target, string path)
    {
        if (file.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw FeatureFile.Damaged(path, ".npy", "it ends prematurely");
        }
    }

    [GeneratedRegex("'descr'\\s*:\\s*'([^']*)'")]
    private static partial Regex Type();

    [GeneratedRegex("'fortran_order'\\s*:\\s*(True|False)")]
    private static partial Regex Order();

    [GeneratedRegex("'shape'\\s*:\\s*\\(\\s*([0-9]+)\\s*,\\s*([0-9]+)\\s*,?\\s*\\)")]
    private static partial Regex Shape();
}
