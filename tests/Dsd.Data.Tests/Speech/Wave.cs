using System.Buffers.Binary;
using System.Text;

namespace Dsd.Data.Tests.Speech;

/// <summary>Writes WAV files by hand.</summary>
internal static class Wave
{
    /// <summary>A file of 16-bit samples, or of 32-bit floats.</summary>
    public static byte[] Bytes(float[] samples, int rate = 16_000, int channels = 1, bool floats = false)
    {
        var width = floats ? 4 : 2;
        var bytes = new byte[44 + (samples.Length * width)];
        Text(bytes, 0, "RIFF");
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length - 8);
        Text(bytes, 8, "WAVEfmt ");
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(20), (short)(floats ? 3 : 1));
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(22), (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), rate * channels * width);
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(32), (short)(channels * width));
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(34), (short)(8 * width));
        Text(bytes, 36, "data");
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), samples.Length * width);
        for (var i = 0; i < samples.Length; i++)
        {
            var place = bytes.AsSpan(44 + (i * width));
            if (floats)
            {
                BinaryPrimitives.WriteSingleLittleEndian(place, samples[i]);
            }
            else
            {
                BinaryPrimitives.WriteInt16LittleEndian(place, (short)Math.Round(samples[i] * 32767));
            }
        }

        return bytes;
    }

    /// <summary>A sine.</summary>
    public static float[] Sine(double hertz, int count, int rate = 16_000, double level = 0.5) =>
        [.. Enumerable.Range(0, count).Select(i => (float)(level * Math.Sin(2 * Math.PI * hertz * i / rate)))];

    /// <summary>An utterance that sounds like nothing, with a transcript.</summary>
    public static Utterance Utterance(string transcript, int frames = 60, string? name = null) => new(
        name ?? transcript,
        Spectrogram.Of(new(Sine(300 + (37 * transcript.Length), 320 + ((frames - 1) * 160)), 16_000)),
        transcript);

    private static void Text(byte[] bytes, int at, string text) => Encoding.ASCII.GetBytes(text).CopyTo(bytes, at);
}
