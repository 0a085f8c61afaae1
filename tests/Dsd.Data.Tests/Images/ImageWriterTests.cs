namespace Dsd.Data.Tests;

public class ImageWriterTests
{
    // 1 2 3
    // 4 5 6
    private static readonly ImageSplit Image = new([1, 2, 3, 4, 5, 6], [0], 1, 2, 3);

    [Theory]
    [InlineData(0, 0, false, "1 2 3 / 4 5 6")]
    [InlineData(0, 0, true, "3 2 1 / 6 5 4")]
    [InlineData(1, 0, false, "0 0 0 / 1 2 3")]
    [InlineData(-1, 0, false, "4 5 6 / 0 0 0")]
    [InlineData(0, 1, false, "0 1 2 / 0 4 5")]
    [InlineData(0, -1, false, "2 3 0 / 5 6 0")]
    [InlineData(0, 1, true, "0 3 2 / 0 6 5")]
    [InlineData(0, -1, true, "2 1 0 / 5 4 0")]
    [InlineData(1, -2, false, "0 0 0 / 3 0 0")]
    [InlineData(-1, 2, true, "0 0 6 / 0 0 0")]
    [InlineData(2, 0, false, "0 0 0 / 0 0 0")]
    [InlineData(0, 3, false, "0 0 0 / 0 0 0")]
    [InlineData(0, -3, true, "0 0 0 / 0 0 0")]
    [InlineData(8, -8, true, "0 0 0 / 0 0 0")]
    [InlineData(-8, 8, false, "0 0 0 / 0 0 0")]
    public void Write_MirroredAndShifted_FollowsTheTable(int down, int right, bool flip, string expected)
    {
        Assert.Equal(expected, Pixels(w => t => w.Write(0, down, right, flip, t)));
    }

    [Fact]
    public void Write_Plain_EqualsNoShift() => Assert.Equal("1 2 3 / 4 5 6", Pixels(w => t => w.Write(0, t)));

    [Fact]
    public void Write_TwoChannels_NormalisesEachByItsOwnMoments()
    {
        // Channel 0 holds 0 and 2 (mean 1, deviation 1), channel 1 holds 10 and 30 (mean 20, deviation 10).
        var part = new ImageSplit([0, 2, 10, 30], [0], 2, 1, 2);
        var data = new ImageDataset("x", 1, part, part, part);
        var written = new float[4];
        new ImageWriter(data, part).Write(0, written);
        Assert.Equal([-1f, 1f, -1f, 1f], written.Select(v => MathF.Round(v, 5)));
        new ImageWriter(data, part).Write(0, 0, 1, false, written);
        Assert.Equal([-1f, -1f, -2f, -1f], written.Select(v => MathF.Round(v, 5)));
    }

    [Fact]
    public void Write_ConstantChannel_IsCentredOnly()
    {
        var part = new ImageSplit([51, 51], [0], 1, 1, 2);
        var written = new float[2];
        new ImageWriter(new("x", 1, part, part, part), part).Write(0, written);
        Assert.Equal([0f, 0f], written);
    }

    private delegate void Writing(Span<float> target);

    /// <summary>What was written, turned back into pixels.</summary>
    private static string Pixels(Func<ImageWriter, Writing> write)
    {
        var data = new ImageDataset("x", 1, Image, Image, Image);
        var written = new float[6];
        write(new(data, Image))(written);
        var pixels = written.Select(v => Math.Round(255 * ((v * data.StandardDeviation[0]) + data.Mean[0]))).ToArray();
        return string.Join(" / ", pixels.Chunk(3).Select(row => string.Join(' ', row)));
    }
}
