using System.Buffers.Binary;

namespace Dsd.Data.Tests.Speech;

public class RecordingTests
{
    [Theory]
    [InlineData(0xFFFFFFF8u)]
    [InlineData(0xFFFFFFF7u)]
    public void IsCutOff_ChunkThatWouldLeadBackToItself_Ends(uint size)
    {
        byte[] file = [.. "RIFF    WAVEjunk"u8, .. BitConverter.GetBytes(size), .. new byte[100]];
        Assert.False(SoundContainer.IsCutOff(file));
    }

    /// <summary>libsndfile knows these, and prints about some of them on standard output; they are not given to it.</summary>
    [SkippableTheory]
    [InlineData("F07E00010000100003")]
    [InlineData("2E736E64000000180000000400000003")]
    [InlineData("464F524D0000002E41494646")]
    [InlineData("5249464600000010415649204C495354")]
    [InlineData("494433030000000000")]
    public void TryDecode_AnyOtherFormat_IsRefusedByItsFirstBytes(string start)
    {
        SkipWithoutLibrary();
        Assert.Equal("is not a WAV, FLAC or Ogg file; convert it to one of these", Recording.TryDecode([.. Convert.FromHexString(start), .. new byte[200]], 60).Problem);
    }

    [SkippableFact]
    public void Read_Wave_GivesItsSamplesAndMixesChannels()
    {
        SkipWithoutLibrary();
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["a.wav"], Wave.Bytes([0.5f, -0.25f, 0, 1, -1, 0.5f], rate: 8000, channels: 2));
        var recording = Recording.Read(folder["a.wav"]);
        Assert.Equal((3, 8000, 3.0 / 8000), (recording.Samples.Length, recording.SamplesPerSecond, recording.Seconds));
        Assert.Equal([0.125f, 0.5f, -0.25f], recording.Samples.ToArray().Select(s => MathF.Round(s, 3)));
    }

    [SkippableTheory]
    [InlineData(Encoder.Flac)]
    [InlineData(Encoder.OggVorbis)]
    public void Read_OtherFormats_AreAsLoudAndAsLong(int format)
    {
        SkipWithoutLibrary();
        using var folder = new TempFolder();
        Skip.IfNot(Encoder.Write(folder["sound"], Wave.Sine(440, 22_050, 22_050), 22_050, format), "Needs libsndfile under the name that it has on Linux, with this format.");
        var recording = Recording.Read(folder["sound"]);
        Assert.Equal((22_050, 22_050), (recording.Samples.Length, recording.SamplesPerSecond));
        Assert.InRange(Level(recording.Samples.Span), 0.34, 0.36);

        File.WriteAllBytes(folder["cut"], File.ReadAllBytes(folder["sound"])[..^200]);
        Assert.Contains("'" + folder["cut"] + "'", Assert.Throws<DsdException>(() => Recording.Read(folder["cut"])).Message);
    }

    [SkippableTheory]
    [InlineData("missing", "is not there")]
    [InlineData("zero bytes", "is empty")]
    [InlineData("text", "is not a WAV, FLAC or Ogg file")]
    [InlineData("no samples", "holds no samples")]
    [InlineData("cut off", "is cut off after 0.05 s")]
    [InlineData("one hour", "lasts 3600.0 s, and utterances of at most 60 s are read")]
    [InlineData("not a number", "has samples that are not numbers")]
    [InlineData("no channels", "")]
    [InlineData("rate of 1", "declares 1 channels and a sample rate of 1 Hz")]
    [InlineData("header alone", "")]
    public void Read_NoGoodFile_SaysWhichAndWhy(string fault, string expected)
    {
        SkipWithoutLibrary();
        using var folder = new TempFolder();
        var good = Wave.Bytes(Wave.Sine(440, 1600));
        var bytes = fault switch
        {
            "zero bytes" => [],
            "text" => "this is no sound, but it is longer than a header of a sound would be"u8.ToArray(),
            "no samples" => Wave.Bytes([]),
            "cut off" => good[..^1600],
            "one hour" => Wave.Bytes(new float[3600 * 1000], 1000),
            "not a number" => Wave.Bytes([0, float.NaN, 0], floats: true),
            "no channels" => With(good, 22, 0),
            "rate of 1" => With(good, 24, 1),
            "header alone" => good[..20],
            _ => null,
        };
        if (bytes is not null)
        {
            File.WriteAllBytes(folder["x.wav"], bytes);
        }

        var message = Assert.Throws<DsdException>(() => Recording.Read(folder["x.wav"])).Message;
        Assert.Contains($"'{folder["x.wav"]}' ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(0u)]
    [InlineData(0x7FFF_F000u)]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(uint.MaxValue)]
    [InlineData(uint.MaxValue - 44)]
    public void Read_SizesThatAStreamLeftOpen_GoToTheEnd(uint size)
    {
        SkipWithoutLibrary();
        using var folder = new TempFolder();
        var bytes = Wave.Bytes(Wave.Sine(440, 1600));
        File.WriteAllBytes(folder["whole.wav"], bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), size == 0 ? 0 : size + 36);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), size);
        File.WriteAllBytes(folder["x.wav"], bytes);
        Assert.Equal(Recording.Read(folder["whole.wav"]).Samples.ToArray(), Recording.Read(folder["x.wav"]).Samples.ToArray());
    }

    [SkippableFact]
    public void Read_NoSamplesAndOtherChunksAfterThem_HoldsNone()
    {
        SkipWithoutLibrary();
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["x.wav"], [.. Wave.Bytes([]), .. "LIST"u8, 4, 0, 0, 0, .. "INFO"u8]);
        Assert.Contains("holds no samples", Assert.Throws<DsdException>(() => Recording.Read(folder["x.wav"])).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void TryDecode_AnyDamage_IsARecordingOrAReason()
    {
        SkipWithoutLibrary();
        var good = Wave.Bytes(Wave.Sine(440, 400));
        for (var trial = 0; trial < 2000; trial++)
        {
            var random = CounterRandom.For(trial, "damage");
            var bytes = good[..(trial % 3 == 0 ? random.Below(0, good.Length + 1) : good.Length)];
            for (var i = 0; i < 1 + (trial % 5) && bytes.Length > 0; i++)
            {
                bytes[random.Below(i + 1, Math.Min(bytes.Length, 60))] = (byte)random.Below(i + 20, 256);
            }

            var (recording, problem) = Recording.TryDecode(bytes, 60);
            Assert.True(recording is null != problem is null);
            Assert.True(recording is null || recording.Samples.ToArray().All(float.IsFinite));
        }
    }

    [Theory]
    [InlineData(8_000, 16_000)]
    [InlineData(22_050, 16_000)]
    [InlineData(44_100, 16_000)]
    [InlineData(16_000, 22_050)]
    [InlineData(11_025, 48_000)]
    public void Resampled_SinesInThePassBand_KeepTheirLevelAndNothingElseComes(int from, int to)
    {
        foreach (var part in new[] { 0.01, 0.2, 0.5, 0.8, 0.88 })
        {
            var hertz = part * Math.Min(from, to) / 2;
            var output = Inner(new Recording(Wave.Sine(hertz, from, from), from).Resampled(to));
            var (level, rest) = Fit(output, hertz, to);
            Assert.InRange(20 * Math.Log10(level / 0.5), -0.1, 0.1);
            Assert.InRange(20 * Math.Log10(rest / 0.5), double.NegativeInfinity, -60);
        }
    }

    [Theory]
    [InlineData(22_050, 16_000)]
    [InlineData(44_100, 16_000)]
    public void Resampled_WhatLiesAboveTheNyquistFrequency_IsDamped(int from, int to)
    {
        for (var hertz = (to / 2) + 10; hertz < from / 2; hertz += 401)
        {
            var output = Inner(new Recording(Wave.Sine(hertz, from, from), from).Resampled(to));
            Assert.InRange(20 * Math.Log10(Level(output) / Level(Wave.Sine(hertz, from, from))), double.NegativeInfinity, -60);
        }
    }

    [Fact]
    public void Resampled_Lengths_AreThatOfTheSameTime()
    {
        Assert.Equal(16_000, new Recording(new float[22_050], 22_050).Resampled(16_000).Samples.Length);
        Assert.Equal(1, new Recording(new float[1], 22_050).Resampled(16_000).Samples.Length);
        Assert.Equal(8, new Recording(new float[10], 22_050).Resampled(16_000).Samples.Length);
        var same = new Recording([1, 2], 16_000);
        Assert.Same(same, same.Resampled(16_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => same.Resampled(10));
        Assert.All(Inner(new Recording([.. Enumerable.Repeat(0.3f, 22_050)], 22_050).Resampled(16_000)), s => Assert.Equal(0.3, s, 1e-5));
        Assert.Throws<ArgumentException>(() => new Recording([], 16_000));
        Assert.Throws<ArgumentException>(() => new Recording([float.PositiveInfinity], 16_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Recording([0], 999));
    }

    private static void SkipWithoutLibrary() => Skip.IfNot(Recording.CanRead, "Needs libsndfile.");

    private static byte[] With(byte[] bytes, int at, short value)
    {
        bytes = [.. bytes];
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(at), value);
        return bytes;
    }

    /// <summary>Without the ends, where the sound begins and stops at once.</summary>
    private static float[] Inner(Recording recording) => recording.Samples[1000..^1000].ToArray();

    private static double Level(ReadOnlySpan<float> samples)
    {
        var sum = 0.0;
        foreach (var s in samples)
        {
            sum += s * (double)s;
        }

        return Math.Sqrt(sum / samples.Length);
    }

    /// <summary>The sine of a frequency that comes nearest, and the level of what is left.</summary>
    private static (double Level, double Others) Fit(float[] samples, double hertz, int rate)
    {
        var (ss, sc, cc, ys, yc) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < samples.Length; i++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * hertz * i / rate);
            (ss, sc, cc, ys, yc) = (ss + (sin * sin), sc + (sin * cos), cc + (cos * cos), ys + (samples[i] * sin), yc + (samples[i] * cos));
        }

        var determinant = (ss * cc) - (sc * sc);
        var (a, b) = (((ys * cc) - (yc * sc)) / determinant, ((yc * ss) - (ys * sc)) / determinant);
        var rest = 0.0;
        for (var i = 0; i < samples.Length; i++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * hertz * i / rate);
            rest += Math.Pow(samples[i] - (a * sin) - (b * cos), 2);
        }

        return (Math.Sqrt((a * a) + (b * b)), Math.Sqrt(2 * rest / samples.Length));
    }
}
