using System.Buffers.Binary;

namespace Dsd.Data;

/// <summary>Checks of sound containers: which are read, and for truncation, since libsndfile takes a truncated file for a shorter one.</summary>
internal static class SoundContainer
{
    /// <summary>The smallest declared size that counts as open if it reaches past the end: sox writes about 2 GiB less a few kB, others 4 GiB less one.</summary>
    private const uint LeastOpen = 0x7FFF_0000;

    private const int ChunkHeader = 8;
    private const int RiffHeader = 12;
    private const byte LastPage = 4;
    private const int PageHeader = 27;

    /// <summary>True if a file starts as WAV, FLAC or Ogg does: the formats that are read, of about thirty that libsndfile knows, some of which it prints about.</summary>
    public static bool IsRead(ReadOnlySpan<byte> file) =>
        ((file.StartsWith("RIFF"u8) || file.StartsWith("RF64"u8)) && file.Length >= RiffHeader && file[8..].StartsWith("WAVE"u8)) || file.StartsWith("fLaC"u8) || file.StartsWith("OggS"u8);

    /// <summary>True if the end of a WAV or Ogg file is missing; false for other files.</summary>
    public static bool IsCutOff(ReadOnlySpan<byte> file) =>
        file.StartsWith("RIFF"u8) ? IsWaveCutOff(file) : file.StartsWith("OggS"u8) && IsOggCutOff(file);

    /// <summary>Fills in the sizes of a WAV file that a streaming writer left open (0, or about 2 GiB and more); returns any other file unchanged.</summary>
    /// <remarks>The samples of such a file extend to its end.</remarks>
    public static byte[] Closed(byte[] file)
    {
        if (!file.AsSpan().StartsWith("RIFF"u8) || DataOf(file) is not { } data || !IsOpen(file, data.At, data.Size))
        {
            return file;
        }

        file = [.. file];
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), (uint)(file.Length - ChunkHeader));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(data.At + 4), (uint)(file.Length - data.At - ChunkHeader));
        return file;
    }

    private static bool IsWaveCutOff(ReadOnlySpan<byte> file) =>
        DataOf(file) is { } data && (long)data.At + ChunkHeader + data.Size > file.Length && !IsOpen(file, data.At, data.Size);

    /// <summary>Finds the start of the chunk of samples, and its declared size; null if there is none.</summary>
    private static (int At, uint Size)? DataOf(ReadOnlySpan<byte> file)
    {
        for (long at = RiffHeader; at + ChunkHeader <= file.Length;)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(file[(int)(at + 4)..]);
            if (file.Slice((int)at, 4).SequenceEqual("data"u8))
            {
                return ((int)at, size);
            }

            at += ChunkHeader + (long)size + (size & 1);
        }

        return null;
    }

    private static bool IsOpen(ReadOnlySpan<byte> file, int at, uint size)
    {
        var rest = file[(at + ChunkHeader)..];
        return size == 0 ? !rest.IsEmpty && !AreChunks(rest) : size >= LeastOpen && size > rest.Length;
    }

    /// <summary>True if bytes are whole chunks, as those after samples are; then there are no samples.</summary>
    private static bool AreChunks(ReadOnlySpan<byte> bytes)
    {
        long at = 0;
        while (at + ChunkHeader <= bytes.Length && !bytes.Slice((int)at, 4).ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)(at + 4)..]);
            at += ChunkHeader + (long)size + (size & 1);
        }

        return at >= bytes.Length && at <= bytes.Length + 1;
    }

    private static bool IsOggCutOff(ReadOnlySpan<byte> file)
    {
        var last = file.LastIndexOf("OggS"u8);
        var page = file[last..];
        if (page.Length < PageHeader || (page[5] & LastPage) == 0)
        {
            return true;
        }

        var (segments, content) = (page[PageHeader - 1], 0);
        if (page.Length < PageHeader + segments)
        {
            return true;
        }

        foreach (var length in page.Slice(PageHeader, segments))
        {
            content += length;
        }

        return page.Length < PageHeader + segments + content;
    }
}
