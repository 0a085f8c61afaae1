using System.Runtime.InteropServices;

namespace Dsd.Data.Tests.Speech;

/// <summary>Writes sounds through libsndfile.</summary>
internal static partial class Encoder
{
    /// <summary>FLAC of 16 bits.</summary>
    public const int Flac = 0x17_0002;

    /// <summary>Ogg with Vorbis.</summary>
    public const int OggVorbis = 0x20_0060;

    private const string Library = "libsndfile.so.1";
    private const int ToWrite = 0x20;

    /// <summary>Writes one channel; false where libsndfile has another name here or lacks the format.</summary>
    public static bool Write(string path, float[] samples, int rate, int format)
    {
        try
        {
            var info = new Info { Rate = rate, Channels = 1, Format = format };
            var file = sf_open(path, ToWrite, ref info);
            var written = file == 0 ? 0 : sf_writef_float(file, samples, samples.Length);
            return file != 0 && sf_close(file) == 0 && written == samples.Length;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint sf_open(string path, int mode, ref Info info);

    [LibraryImport(Library)]
    private static partial long sf_writef_float(nint file, float[] samples, long frames);

    [LibraryImport(Library)]
    private static partial int sf_close(nint file);

    [StructLayout(LayoutKind.Sequential)]
    private struct Info
    {
        public long Frames;
        public int Rate;
        public int Channels;
        public int Format;
        public int Sections;
        public int Seekable;
    }
}
