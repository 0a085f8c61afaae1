using System.Text.Json;

namespace Dsd.Data.Tests.Speech;

public class SpectrogramTests
{
    [Fact]
    public void Of_MadeUpSound_IsWhatNumpyGives()
    {
        // Fixtures/spectrogram.py makes the same sound.
        var sound = Enumerable.Range(0, 2000).Select(n => (float)(
            (0.4 * Math.Sin(2 * Math.PI * 440 * n / 16000)) + (0.2 * Math.Sin(2 * Math.PI * (500 + (0.5 * n)) * n / 16000)) + (((n * 7919 % 1009 / 1009.0) - 0.5) / 100))).ToArray();
        var expected = JsonSerializer.Deserialize<double[][]>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "spectrogram.json")))!.SelectMany(r => r).ToArray();
        var found = Spectrogram.Of(new(sound, 16_000));

        Assert.Equal(11, found.Frames);
        Assert.Equal(expected.Length, found.Values.Length);
        Assert.All(expected.Zip(found.Values.ToArray()), p => Assert.Equal(p.First, (double)p.Second, 0.01));
    }

    [Fact]
    public void Of_OtherRatesAndLevels_GivesNearlyTheSame()
    {
        var one = Spectrogram.Of(new(Wave.Sine(1000, 16_000), 16_000));
        Assert.Equal(99, one.Frames);
        Assert.Equal(99, Spectrogram.Of(new(Wave.Sine(1000, 22_050, 22_050), 22_050)).Frames);
        var silence = Spectrogram.Of(new(new float[320], 16_000));
        Assert.Equal(1, silence.Frames);
        Assert.All(silence.Values.ToArray(), v => Assert.Equal(Half.Zero, v));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(319, 0)]
    [InlineData(320, 1)]
    [InlineData(479, 1)]
    [InlineData(480, 2)]
    public void FramesOf_CountsWholeFrames(int samples, int expected)
    {
        Assert.Equal(expected, Spectrogram.FramesOf(samples));
        if (samples > 0)
        {
            var recording = new Recording(Wave.Sine(100, samples), 16_000);
            if (expected == 0)
            {
                Assert.Contains("less than the 20 ms of a frame", Assert.Throws<ArgumentException>(() => Spectrogram.Of(recording)).Message);
            }
            else
            {
                Assert.Equal(expected, Spectrogram.Of(recording).Frames);
            }
        }
    }
}
