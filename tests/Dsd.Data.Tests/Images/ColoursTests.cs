using Dsd.Studies;
using FsCheck.Xunit;

namespace Dsd.Data.Tests;

public class ColoursTests
{
    // Two pixels: (0.2, 0.4, 0.6) and (1, 0, 0.5); their greys are 0.363 and 0.356.
    private static float[] Two => [0.2f, 1f, 0.4f, 0f, 0.6f, 0.5f];

    [Fact]
    public void Brightness_Contrast_Saturation_FollowTheirFormulas()
    {
        AssertClose([0.1, 0.5, 0.2, 0, 0.3, 0.25], Changed(p => Colours.Brightness(p, 0.5f)));
        const double Mean = (0.363 + 0.356) / 2;
        AssertClose(Two.Select(v => (1.4 * v) - (0.4 * Mean)), Changed(p => Colours.Contrast(p, 1.4f)));
        AssertClose(Two.Select((v, i) => (0.6 * v) + (0.4 * (i % 2 == 0 ? 0.363 : 0.356))), Changed(p => Colours.Saturation(p, 0.6f)));
    }

    [Property(MaxTest = 30)]
    public bool ContrastAndSaturation_KeepTheMeanGrey(int seed, byte weight)
    {
        var planes = Random(seed);
        var before = MeanGrey(planes);
        Colours.Contrast(planes, 0.5f + (weight / 255f));
        Colours.Saturation(planes, 0.5f + (weight / 255f));
        return Math.Abs(MeanGrey(planes) - before) < 1e-5;
    }

    [Property(MaxTest = 30)]
    public bool JitterAndLighting_Zero_ChangeNothing(int seed)
    {
        var planes = Random(seed);
        Colours.Jitter(planes, 0, CounterRandom.For(seed, "x"), 48);
        Colours.Lighting(planes, 0, CounterRandom.For(seed, "x"), 48);
        return planes.Zip(Random(seed), (a, b) => Math.Abs(a - b)).Max() < 1e-6;
    }

    [Fact]
    public void Jitter_ManyImages_TakesAllOrdersAndTheWholeRange()
    {
        // White has full contrast and no colour: what is left of it is the weight of brightness.
        var weights = Enumerable.Range(0, 2000).Select(i =>
        {
            float[] white = [1, 1, 1];
            Colours.Jitter(white, 0.4, CounterRandom.For(3, "x"), 64L * i);
            Assert.Equal(white[0], white[2], 1e-5);
            return white[0];
        }).ToList();
        Assert.InRange(weights.Min(), 0.6f, 0.605f);
        Assert.InRange(weights.Max(), 1.395f, 1.4f);
        Assert.InRange(weights.Average(), 0.985f, 1.015f);

        // A grey beside a red: which of brightness, contrast and saturation came first shows in the digits.
        var results = Enumerable.Range(0, 300).Select(i =>
        {
            var random = CounterRandom.For(3, "x");
            var planes = Two;
            Colours.Jitter(planes, 0.4, random, 64L * i);
            var w = Enumerable.Range(1, 3).Select(k => (float)(1 + (0.4 * ((2 * random.Uniform((64L * i) + k)) - 1)))).ToArray();
            Action<float[]>[] changes = [p => Colours.Brightness(p, w[0]), p => Colours.Contrast(p, w[1]), p => Colours.Saturation(p, w[2])];
            int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
            return Array.FindIndex(orders, order =>
            {
                var by = Two;
                foreach (var k in order)
                {
                    changes[k](by);
                }

                return by.SequenceEqual(planes);
            });
        }).ToList();
        Assert.DoesNotContain(-1, results);
        Assert.InRange(results.Distinct().Count(), 3, 6);
    }

    [Fact]
    public void Lighting_ShiftsAllPixelsAlongThePublishedComponents()
    {
        var random = CounterRandom.For(8, "x");
        var planes = Two;
        Colours.Lighting(planes, 0.1, random, 128);
        var n = Enumerable.Range(0, 3).Select(k => 0.1 * random.Normal(64 + 2 + k)).ToArray();
        double[] shift =
        [
            (-0.5675 * 0.2175 * n[0]) + (0.7192 * 0.0188 * n[1]) + (0.4009 * 0.0045 * n[2]),
            (-0.5808 * 0.2175 * n[0]) + (-0.0045 * 0.0188 * n[1]) + (-0.8140 * 0.0045 * n[2]),
            (-0.5836 * 0.2175 * n[0]) + (-0.6948 * 0.0188 * n[1]) + (0.4203 * 0.0045 * n[2]),
        ];
        Assert.True(Math.Abs(shift[0]) > 1e-4);
        AssertClose(Two.Select((v, i) => v + shift[i / 2]), planes);
    }

    [Fact]
    public void Apply_MirroredTwice_IsTheImage()
    {
        var flipped = 0;
        for (var position = 0; position < 20; position++)
        {
            var (planes, variation) = (Random(1), new Variation(new(flip: true), 4, 2, position));
            variation.Apply(planes, 4, 5);
            flipped += planes.SequenceEqual(Random(1)) ? 0 : 1;
            variation.Apply(planes, 4, 5);
            Assert.Equal(Random(1), planes);
        }

        Assert.InRange(flipped, 4, 16);
    }

    [Theory]
    [InlineData(3, 6, 5, 2)]
    [InlineData(1, 4, 4, 8)]
    [InlineData(1, 1, 1, 3)]
    public void Apply_FlipAndShift_AgreesWithTheWriterOfImagesInMemory(int channels, int height, int width, int shift)
    {
        var part = Tiny.Split(1, channels, height, width);
        var data = new ImageDataset("x", 10, part, part, part);
        IImageSource source = new MemoryImages(data, part);
        for (var position = 0; position < 30; position++)
        {
            float[] byWriter = new float[part.PixelsPerImage], byVariation = new float[part.PixelsPerImage];
            var variation = new Variation(new(shift, flip: true), 9, 0, position);
            source.Write(0, variation, byWriter);
            for (var i = 0; i < byVariation.Length; i++)
            {
                byVariation[i] = part.Pixels.Span[i] / 255f;
            }

            variation.Apply(byVariation, width, height);
            new Normalisation(data.Mean, data.StandardDeviation).Apply(byVariation);
            AssertClose(byWriter.Select(v => (double)v), byVariation, 1e-4);
        }
    }

    private static float[] Random(int seed) => [.. Enumerable.Range(0, 60).Select(i => (float)CounterRandom.For(seed, "planes").Uniform(i))];

    private static double MeanGrey(float[] p) =>
        Enumerable.Range(0, p.Length / 3).Average(i => (0.299 * p[i]) + (0.587 * p[(p.Length / 3) + i]) + (0.114 * p[(2 * p.Length / 3) + i]));

    private static float[] Changed(Action<float[]> change)
    {
        var planes = Two;
        change(planes);
        return planes;
    }

    private static void AssertClose(IEnumerable<double> expected, float[] actual, double tolerance = 1e-5)
    {
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.Equal(e, a, tolerance);
        }
    }
}
