using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Dsd.Data;

/// <summary>The content of an IDX file of unsigned bytes, whose header was checked completely.</summary>
/// <remarks>
/// IDX is the format of MNIST and its variants: two zero bytes, a type code, the number of dimensions, the sizes as
/// big-endian 32-bit numbers, then the items with the last dimension changing fastest. Only type code 0x08 (unsigned
/// byte) and 1 to 4 dimensions are read. Source: Y. LeCun, "The MNIST database of handwritten digits", file formats.
/// </remarks>
internal sealed class IdxFile : IPublishedContent
{
    /// <summary>The largest number of items in a file: 2^30.</summary>
    public const long MaxItems = 1L << 30;

    private const byte UnsignedByte = 0x08;
    private const int MaxDims = 4;

    // The highest compression ratio of Deflate (RFC 1951: 258 bytes for two bits).
    private const long MaxCompression = 1032;
    private readonly byte[] _items;

    private IdxFile(string path, ValueList<int> dims, byte[] items)
    {
        Path = path;
        Dims = dims;
        _items = items;
    }

    /// <summary>The path it was read from, for messages.</summary>
    public string Path { get; }

    /// <summary>The sizes, outermost first; 1 to 4 of them, each at least 0.</summary>
    public ValueList<int> Dims { get; }

    /// <summary>The items, the last dimension changing fastest; as many as the product of <see cref="Dims"/>.</summary>
    public ReadOnlyMemory<byte> Items => _items;

    /// <summary>The items without a copy; must not be modified.</summary>
    internal byte[] ItemArray => _items;

    /// <summary>The SHA-256 of the uncompressed file, header included, in lower-case hexadecimal.</summary>
    /// <remarks>Computed at each call: about 0.1 s for 50 MB.</remarks>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0, 0, UnsignedByte, (byte)Dims.Count]);
        Span<byte> size = stackalloc byte[4];
        foreach (var dim in Dims)
        {
            BinaryPrimitives.WriteInt32BigEndian(size, dim);
            hash.AppendData(size);
        }

        hash.AppendData(_items);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Reads a file, compressed by gzip or not, as detected from its first bytes.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">
    /// The file is missing, unreadable, damaged, not IDX of unsigned bytes, shorter or longer than its header says, or
    /// holds more than <see cref="MaxItems"/>.
    /// </exception>
    public static IdxFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        try
        {
            using var file = InputFile.Open(path, FileOptions.SequentialScan);
            return Read(file, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DsdException($"There is no file '{path}'; an IDX file was expected there. Check the path or download the data set again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"The file '{path}' cannot be read: {e.Message} Check that it is a file that you may read.", e);
        }
    }

    /// <summary>Reads a seekable stream from its start.</summary>
    /// <param name="stream">The stream, left open.</param>
    /// <param name="path">Its name, for messages.</param>
    internal static IdxFile Read(Stream stream, string path)
    {
        Span<byte> start = stackalloc byte[2];
        var compressed = stream.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start is [0x1F, 0x8B];
        stream.Position = 0;
        if (!compressed)
        {
            return ReadContent(stream, path, stream.Length);
        }

        try
        {
            using var content = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            var idx = ReadContent(content, path, Math.Min(stream.Length, long.MaxValue / MaxCompression) * MaxCompression);
            CheckTrailer(stream, idx);
            return idx;
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, $"its gzip stream is truncated or corrupt ({e.Message.TrimEnd('.')})", e);
        }
    }

    // A gzip file ends in the length of its content (RFC 1952). GZipStream does not notice a trailer that is cut off.
    private static void CheckTrailer(Stream stream, IdxFile idx)
    {
        Span<byte> trailer = stackalloc byte[4];
        stream.Seek(-trailer.Length, SeekOrigin.End);
        stream.ReadExactly(trailer);
        var expected = 4L + (4 * idx.Dims.Count) + idx._items.Length;
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != expected)
        {
            throw Damaged(idx.Path, $"its gzip stream does not end in the length of its content, {expected} bytes; it is truncated, or something was appended");
        }
    }

    private static IdxFile ReadContent(Stream content, string path, long mostBytes)
    {
        Span<byte> header = stackalloc byte[4 * (1 + MaxDims)];
        var magic = header[..4];
        Fill(content, magic, path, "its first four bytes");
        if (magic[0] != 0 || magic[1] != 0 || magic[2] != UnsignedByte || magic[3] is < 1 or > MaxDims)
        {
            throw Damaged(path, $"it starts with the bytes {Convert.ToHexStringLower(magic)}, "
                + "expected 000008 and a number of dimensions from 01 to 04 (IDX of unsigned bytes)");
        }

        var sizes = header.Slice(4, 4 * magic[3]);
        Fill(content, sizes, path, $"{magic[3]} sizes of four bytes");
        var dims = new int[magic[3]];
        for (var i = 0; i < dims.Length; i++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(sizes[(4 * i)..]);
            dims[i] = size <= MaxItems
                ? (int)size
                : throw Damaged(path, $"its header gives {size} as size {i + 1} of {dims.Length}, at most {MaxItems} is allowed");
        }

        var count = CountOf(dims, path);
        if (4 + sizes.Length + count > mostBytes)
        {
            throw Damaged(path, $"its header announces {string.Join('×', dims)} = {count} bytes of items, more than the file can hold; it is truncated");
        }

        var items = new byte[count];
        Fill(content, items, path, $"{string.Join('×', dims)} = {count} bytes of items");
        return content.ReadByte() < 0
            ? new(path, dims.ToValueList(), items)
            : throw Damaged(path, $"it continues after the {string.Join('×', dims)} = {count} bytes of items that its header announces");
    }

    private static long CountOf(int[] dims, string path)
    {
        if (dims.Contains(0))
        {
            return 0;
        }

        // Each partial product is at most 2^30 and each size at most 2^30, so this cannot overflow.
        var count = 1L;
        foreach (var dim in dims)
        {
            count *= dim;
            if (count > MaxItems)
            {
                throw Damaged(path, $"its header announces {string.Join('×', dims)} items, at most {MaxItems} are allowed");
            }
        }

        return count;
    }

    private static void Fill(Stream content, Span<byte> target, string path, string what)
    {
        var read = content.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length)
        {
            throw Damaged(path, $"it ends early: expected {what}, found {read} of {target.Length} bytes");
        }
    }

    private static DsdException Damaged(string path, string what, Exception? cause = null) =>
        new($"The file '{path}' cannot be used: {what}. Delete it and download the data set again, or copy it again from its source.", cause);
}
