using System.Buffers.Binary;

namespace Dsd.Data.Speech;

/// <summary>What a sound file says about its own end, where libsndfile takes a file that is cut off for a shorter one.</summary>
internal static class SoundContainer
{
    private const uint Unknown = uint.MaxValue;
    private const byte LastPage = 4;
    private const int PageHeader = 27;

    /// <summary>Whether the end of a WAV or Ogg file is missing; false for what is neither.</summary>
    public static bool IsCutOff(ReadOnlySpan<byte> file) =>
        file.StartsWith("RIFF"u8) ? IsWaveCutOff(file) : file.StartsWith("OggS"u8) && IsOggCutOff(file);

    private static bool IsWaveCutOff(ReadOnlySpan<byte> file)
    {
        for (long at = 12; at + 8 <= file.Length;)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(file[(int)(at + 4)..]);
            if (file.Slice((int)at, 4).SequenceEqual("data"u8))
            {
                // Writers that stream leave the size open.
                return size != Unknown && size != 0 && at + 8 + size > file.Length;
            }

            at += 8L + size + (size & 1);
        }

        return false;
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
